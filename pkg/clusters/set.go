package clusters

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// Options of a Set.
type Options struct {
	// AllowTargetCIDRs are the addresses that clusters may have, as CheckAddress
	// reads them. Without any, all are allowed but loopback.
	AllowTargetCIDRs []netip.Prefix
	// ProbeInterval is the time between two probes of a cluster, give or take a
	// fifth. Defaults to 30 s.
	ProbeInterval time.Duration
	// Log defaults to none.
	Log logr.Logger
	// Around is put around the transport of each cluster, to measure it. Nil adds nothing.
	Around func(http.RoundTripper) http.RoundTripper
}

// Event says that something changed on a cluster: an object, or, when Kind is
// empty, the cluster's health.
type Event struct {
	Cluster         string
	Kind            Kind
	Namespace, Name string
	// Tenant is the object's label for it. Anyone may have written it.
	Tenant string
	// App is the name of the Application that a pod is labelled with.
	App string
}

// Set holds the registered clusters by name.
type Set struct {
	opts Options
	ctx  context.Context
	stop context.CancelFunc

	mu          sync.RWMutex
	targets     map[string]*Target
	subscribers map[Kind][]func(Event)
}

// NewSet returns a set without clusters.
func NewSet(opts Options) *Set {
	if opts.ProbeInterval == 0 {
		opts.ProbeInterval = 30 * time.Second
	}
	ctx, stop := context.WithCancel(logr.NewContext(context.Background(), opts.Log))
	return &Set{
		opts: opts, ctx: ctx, stop: stop,
		targets: map[string]*Target{}, subscribers: map[Kind][]func(Event){},
	}
}

// Subscribe calls back for every event of a kind; the empty kind is for health.
// The callback must not block.
func (s *Set) Subscribe(kind Kind, callback func(Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers[kind] = append(s.subscribers[kind], callback)
}

func (s *Set) notify(e Event) {
	s.mu.RLock()
	callbacks := slices.Clone(s.subscribers[e.Kind])
	s.mu.RUnlock()
	for _, callback := range callbacks {
		callback(e)
	}
}

// Put makes the cluster of that name run with these credentials: nothing
// changes when it already does, and another one of that name is stopped.
func (s *Set) Put(name string, key Key, sanitized []byte) error {
	if current, found := s.Get(name); found && current.Key() == key {
		return nil
	}
	target, err := newTarget(s.ctx, name, key, sanitized, s.opts, s.notify)
	if err != nil {
		return err
	}
	s.mu.Lock()
	former := s.targets[name]
	s.targets[name] = target
	target.run()
	s.mu.Unlock()
	retire(former)
	return nil
}

// Get returns the cluster of that name, if it has credentials.
func (s *Set) Get(name string) (*Target, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	target, found := s.targets[name]
	return target, found
}

// Count returns how many clusters answered their last probe, and how many did not.
func (s *Set) Count() (connected, away int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, target := range s.targets {
		if target.health.Load().Connected.ok() {
			connected++
		}
	}
	return connected, len(s.targets) - connected
}

// Client returns the cluster of that name to work on. A cluster without
// credentials is an UnavailableError.
func (s *Set) Client(name string) (Client, error) {
	target, found := s.Get(name)
	if !found {
		return nil, &UnavailableError{Cluster: name, Reason: "NoCredentials", Message: "The cluster is not registered, or has no credentials."}
	}
	return target, nil
}

// Remove stops the cluster of that name, if there is one. Subscribers to health
// are told: who waits for the cluster waits in vain.
func (s *Set) Remove(name string) {
	s.mu.Lock()
	former := s.targets[name]
	delete(s.targets, name)
	s.mu.Unlock()
	retire(former)
	if former != nil {
		s.notify(Event{Cluster: name})
	}
}

// retire stops a target without waiting for it: it may be in the middle of a
// call to a cluster that hangs.
func retire(target *Target) {
	if target != nil {
		target.stop()
		go target.close()
	}
}

// Start waits for ctx and then stops all clusters. It lets the set be added to
// a manager.
func (s *Set) Start(ctx context.Context) error {
	<-ctx.Done()
	s.Close()
	return nil
}

// Close stops all clusters and waits for them.
func (s *Set) Close() {
	s.stop()
	s.mu.Lock()
	targets := s.targets
	s.targets = map[string]*Target{}
	s.mu.Unlock()
	for _, target := range targets {
		target.close()
	}
}
