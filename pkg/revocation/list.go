// Package revocation knows which KubeNova tokens were revoked.
package revocation

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/follow"
)

// resolution is how exactly it is known when a token was issued and when a
// revocation was made: both are cut to a second.
const resolution = time.Second

// List holds the revocations. It follows them while it runs.
type List struct {
	set     *follow.Set[*v1alpha1.TokenRevocation]
	current atomic.Pointer[state]
	changed func()
}

// state is what is revoked. It is never altered.
type state struct {
	ids      map[string]struct{}
	subjects map[string]time.Time
	epoch    time.Time
}

// NewList returns an empty list.
func NewList() *List {
	l := &List{}
	l.current.Store(&state{})
	l.set = follow.NewSet("the revocations of tokens", l.replace)
	return l
}

// Run keeps the list in step with a source of TokenRevocations until ctx is done.
// changed is called after each change.
func (l *List) Run(ctx context.Context, source follow.Source, changed func()) {
	l.changed = changed
	l.set.Run(ctx, source)
}

// Check says why the list cannot be used yet, for a readiness check.
func (l *List) Check(req *http.Request) error { return l.set.Check(req) }

// Revoked says whether a token was revoked. It waits for the list to be read, and
// fails if that takes too long.
func (l *List) Revoked(ctx context.Context, id, subject string, issuedAt time.Time) (bool, error) {
	if err := l.set.WaitSynced(ctx); err != nil {
		return false, err
	}
	s := l.current.Load()
	if _, ok := s.ids[id]; ok {
		return true, nil
	}
	return issuedAt.Before(s.epoch) || issuedAt.Before(s.subjects[subject]), nil
}

// Epoch is the time before which everything was revoked; the zero time for none.
func (l *List) Epoch() time.Time { return l.current.Load().epoch }

func (l *List) replace(all []*v1alpha1.TokenRevocation) {
	s := &state{ids: map[string]struct{}{}, subjects: map[string]time.Time{}}
	for _, r := range all {
		// What was issued within the second of the revocation ends as well.
		until := r.CreationTimestamp.Add(resolution)
		switch {
		case r.Spec.TokenID != "":
			s.ids[r.Spec.TokenID] = struct{}{}
		case r.Spec.Subject != "":
			s.subjects[r.Spec.Subject] = later(s.subjects[r.Spec.Subject], until)
		case r.Spec.All:
			s.epoch = later(s.epoch, until)
		}
	}
	l.current.Store(s)
	l.changed()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
