package clusters

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// callTimeout bounds one call. It is longer than the 10 s that API servers give
// admission webhooks by default, so that the server's own error arrives.
const callTimeout = 15 * time.Second

// placeTimeout bounds the wait for a free place: the worker has other clusters to serve.
const placeTimeout = 250 * time.Millisecond

// call runs one bounded call.
func (t *Target) call(ctx context.Context, do func(context.Context) error) error {
	if err := t.Available(); err != nil {
		return err
	}
	if !t.enter(ctx) {
		return &UnavailableError{Cluster: t.name, Reason: ReasonBusy, Message: "Too many requests are waiting for the cluster.", Soon: true}
	}
	defer t.leave()
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()

	err := do(bounded)
	switch {
	case err == nil:
		t.failed.Store(false)
		return nil
	case answered(err):
		t.failed.Store(false)
		if apierrors.IsUnauthorized(err) {
			t.probeSoon()
		}
		return &Answer{err}
	case ctx.Err() != nil:
		return ctx.Err()
	case t.ctx.Err() != nil:
		return &UnavailableError{Cluster: t.name, Reason: "Replaced", Message: "The cluster's credentials have changed.", Soon: true}
	}
	t.failed.Store(true)
	t.suspect.Store(true)
	t.probeSoon()
	reason, message := Explain(err)
	return &UnavailableError{Cluster: t.name, Reason: reason, Message: message, Soon: true}
}

// enter takes a place among the calls that wait for the cluster. There is one
// only after a call that got no answer, until one does: a cluster that answers
// probes and nothing else must not hold more workers than that.
func (t *Target) enter(ctx context.Context) bool {
	if t.failed.Load() {
		return len(t.inFlight) == 0 && t.tryEnter()
	}
	if t.tryEnter() {
		return true
	}
	timeout := time.NewTimer(placeTimeout)
	defer timeout.Stop()
	select {
	case t.inFlight <- struct{}{}:
		return true
	case <-timeout.C:
		return false
	case <-ctx.Done():
		return false
	}
}

func (t *Target) tryEnter() bool {
	select {
	case t.inFlight <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t *Target) leave() { <-t.inFlight }
