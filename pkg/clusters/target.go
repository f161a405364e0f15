package clusters

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

// maxInFlight is the number of calls that may wait for one cluster at a time,
// and so the number of workers that a hanging one can hold. It is the only
// bound: a rate would hold back a cluster that keeps up, and one that does not
// has its own fair queues.
const maxInFlight = 16

// Key tells one state of a cluster's credentials from another.
type Key struct {
	// UID of the cluster.
	UID string
	// Revision is the cluster's spec.credentialsRevision.
	Revision int64
}

// Target is one registered cluster.
type Target struct {
	name string
	key  Key
	log  logr.Logger
	opts Options

	connection *Connection
	config     *rest.Config
	dynamic    dynamic.Interface
	prober     prober
	notify     func(Event)

	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	inFlight chan struct{}
	wake     chan struct{}
	// suspect is set from a call without an answer to the next probe, failed to
	// the next call with one.
	suspect, failed atomic.Bool
	health          atomic.Pointer[Health]
	lastSeen        atomic.Pointer[time.Time]
	// expires is when the credentials do; zero when they do not say.
	expires time.Time
	claims  kubeconfig.Claims
	// back is when the cluster last began to answer. It belongs to the probe loop, as
	// lastReview does and when the next is due.
	back       time.Time
	lastReview review
	reviewDue  time.Time
	watches    watches
	absences   absences
}

// newTarget makes a client; run starts the work.
func newTarget(ctx context.Context, name string, key Key, sanitized []byte, opts Options, notify func(Event)) (*Target, error) {
	config, err := kubeconfig.RESTConfig(sanitized)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	config.UserAgent = userAgent
	connection, err := NewConnection(name, config, opts.AllowTargetCIDRs, opts.Around)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", name, err)
	}
	t := &Target{
		expires: kubeconfig.Expiry(config),
		claims:  kubeconfig.TokenClaims(config.BearerToken),
		name:    name, key: key, opts: opts, notify: notify,
		log:        logr.FromContextOrDiscard(ctx).WithValues("cluster", name),
		connection: connection,
		config:     &rest.Config{Host: config.Host, UserAgent: userAgent, QPS: -1},
		prober:     prober{connection.Client(), config.Host},
		inFlight:   make(chan struct{}, maxInFlight),
		wake:       make(chan struct{}, 1),
	}
	if t.dynamic, err = t.dynamicFor(Identity{}); err != nil {
		connection.CloseIdleConnections()
		return nil, err
	}
	t.health.Store(unknownHealth())
	t.ctx, t.stop = context.WithCancel(ctx)
	return t, nil
}

// run probes until the target is stopped.
func (t *Target) run() {
	t.running.Go(t.probeLoop)
}

// close stops everything and waits for it.
func (t *Target) close() {
	t.stop()
	t.running.Wait()
	t.connection.CloseIdleConnections()
}

// Key says which credentials the target was made from.
func (t *Target) Key() Key { return t.key }

// Health is what the last probe found.
func (t *Target) Health() Health { return *t.health.Load() }

// LastSeen is when a probe was last answered; zero if none was.
func (t *Target) LastSeen() time.Time {
	if seen := t.lastSeen.Load(); seen != nil {
		return *seen
	}
	return time.Time{}
}

// Expires is when the credentials do; zero when they do not say.
func (t *Target) Expires() time.Time { return t.expires }

// Claims are what the token among the credentials says of itself, if there is one.
func (t *Target) Claims() kubeconfig.Claims { return t.claims }

// probeSoon asks for a probe now instead of at the next interval.
func (t *Target) probeSoon() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Available returns nil, or why calls would fail, without making one.
func (t *Target) Available() error {
	health := t.health.Load()
	for _, finding := range []Finding{health.Connected, health.CredentialsValid} {
		if !finding.ok() {
			return &UnavailableError{Cluster: t.name, Reason: finding.Reason, Message: finding.Message, Unprobed: !health.Probed()}
		}
	}
	if t.suspect.Load() {
		return &UnavailableError{Cluster: t.name, Reason: "ConnectionFailed", Message: "The last request failed; the connection is being checked.", Soon: true}
	}
	return nil
}
