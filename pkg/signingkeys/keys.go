// Package signingkeys keeps the keys that sign KubeNova tokens: encrypted in etcd,
// shared by all replicas, and replaced as time goes by. No path serves them.
//
// A key is there for a while before it signs, and stays until the last token that
// it signed has expired.
package signingkeys

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/follow"
	"github.com/kubenova/kubenova/pkg/records"
)

// Resource is the resource whose encryption protects the keys.
const Resource = "tokensigningkeys"

// Config of Keys.
type Config struct {
	// Period is how long a key signs. Defaults to DefaultPeriod.
	Period time.Duration
	// Epoch returns the time before which keys are void; the zero time for none.
	Epoch func() time.Time
	// Clock tells the time.
	Clock clock.Clock
}

// Keys are the signing keys of an installation. They are an authn.Keys.
type Keys struct {
	storage records.Storage
	times   times
	epoch   func() time.Time
	clock   clock.Clock
	set     *follow.Set[*record]
	wake    chan struct{}
	// Close gives up the connection to etcd.
	Close func()

	mu      sync.RWMutex
	records []*record
	parsed  map[string]*authn.Key
}

var _ authn.Keys = &Keys{}

// New returns the keys, which are unknown until Run.
func New(optsGetter generic.RESTOptionsGetter, config Config) (*Keys, error) {
	stored, err := kind().Open(optsGetter)
	if err != nil {
		return nil, err
	}
	k := &Keys{
		storage: stored, Close: stored.Close, epoch: config.Epoch, clock: config.Clock, wake: make(chan struct{}, 1),
		times: times{period: config.Period, tokenLife: v1alpha1.MaxTokenTTLSeconds*time.Second + authn.Leeway},
	}
	if k.times.period == 0 {
		k.times.period = DefaultPeriod
	}
	k.set = follow.NewSet("the keys that sign tokens", k.replace)
	return k, nil
}

// Run follows the keys, and makes and removes them, until ctx is done.
func (k *Keys) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { k.set.Run(ctx, follow.Of(k.storage, k.storage.Prefix, kind().NewList)) })
	running.Go(func() { k.rotate(ctx) })
	running.Wait()
}

// Wake has it looked at once whether a key has to be made: the epoch has changed.
func (k *Keys) Wake() {
	select {
	case k.wake <- struct{}{}:
	default: // it will be
	}
}

// Check says why tokens cannot be issued or told apart yet, for a readiness check.
func (k *Keys) Check(req *http.Request) error {
	if err := k.set.Check(req); err != nil {
		return err
	}
	_, err := k.Signing(context.Background())
	return err
}

// Signing implements authn.Keys.
func (k *Keys) Signing(ctx context.Context) (*authn.Key, error) {
	if err := k.set.WaitSynced(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", authn.ErrNoKey, err)
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	newest := signing(k.records, k.clock.Now(), k.epoch())
	if newest == nil {
		return nil, authn.ErrNoKey
	}
	return k.parsed[newest.Name], nil
}

// Verifying implements authn.Keys.
func (k *Keys) Verifying(ctx context.Context) ([]*authn.Key, error) {
	if err := k.set.WaitSynced(ctx); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	epoch := k.epoch()
	keys := make([]*authn.Key, 0, len(k.records))
	for _, r := range k.records {
		if !isVoid(r, epoch) {
			keys = append(keys, k.parsed[r.Name])
		}
	}
	return keys, nil
}

// replace takes in all records. One that cannot be read is passed over: the others
// go on, and a new one is made if there is none.
func (k *Keys) replace(all []*record) {
	records, parsed := make([]*record, 0, len(all)), map[string]*authn.Key{}
	for _, r := range all {
		key, err := r.key()
		if err != nil {
			klog.ErrorS(err, "Passing over a signing key")
			continue
		}
		records, parsed[r.Name] = append(records, r), key
	}
	k.mu.Lock()
	k.records, k.parsed = records, parsed
	k.mu.Unlock()
	k.Wake()
}
