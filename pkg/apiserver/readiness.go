package apiserver

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"
)

const (
	// readinessTTL is how long an answer is kept.
	readinessTTL = time.Second
	// readinessTimeout bounds a probe, which is not tied to any caller's context.
	readinessTimeout = 10 * time.Second
)

// readiness asks whether the server is ready. Anyone may ask that without
// authentication, so that all who ask within a moment share one answer.
type readiness struct {
	probe func(context.Context) error
	clock clock.PassiveClock
	group singleflight.Group

	mu   sync.Mutex
	last error
	at   time.Time
}

func newReadiness(probe func(context.Context) error, c clock.PassiveClock) *readiness {
	return &readiness{probe: probe, clock: c}
}

// check returns why the server is not ready, or nil.
func (r *readiness) check(ctx context.Context) error {
	if err, fresh := r.kept(); fresh {
		return err
	}
	answer := r.group.DoChan("", func() (any, error) {
		if err, fresh := r.kept(); fresh {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), readinessTimeout)
		defer cancel()
		err := r.probe(ctx)
		r.keep(err)
		return nil, err
	})
	select {
	case result := <-answer:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *readiness) kept() (err error, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, !r.at.IsZero() && r.clock.Since(r.at) < readinessTTL
}

func (r *readiness) keep(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.at = err, r.clock.Now()
}

// probeNative asks the native door, which knows of etcd and of its caches.
func (c *Config) probeNative(ctx context.Context) error {
	status, err := c.InProcess.Probe(ctx, "/readyz")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return errors.New("readyz answers " + http.StatusText(status))
	}
	return nil
}
