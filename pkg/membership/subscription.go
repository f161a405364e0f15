package membership

import (
	"sync"

	"k8s.io/apiserver/pkg/authentication/user"
)

// Subscription is a view with word of its end.
type Subscription struct {
	View

	index *Index
	user  user.Info
	once  sync.Once
	ended chan struct{}
}

// Subscribe returns what a user can see now, and tells when that changes.
// Whoever calls it calls Close.
func (x *Index) Subscribe(u user.Info) *Subscription {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := &Subscription{View: x.view(u), index: x, user: u, ended: make(chan struct{})}
	for who := range subjectsOf(u) {
		e := x.entryOf(who)
		if e.open == nil {
			e.open = map[*Subscription]struct{}{}
		}
		e.open[s] = struct{}{}
	}
	return s
}

// Ended is closed when the user sees something else than the view.
func (s *Subscription) Ended() <-chan struct{} { return s.ended }

// HasEnded says whether the user sees something else than the view.
func (s *Subscription) HasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *Subscription) end() { s.once.Do(func() { close(s.ended) }) }

// Close ends the subscription.
func (s *Subscription) Close() {
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	for who := range subjectsOf(s.user) {
		if e, ok := s.index.subjects[who]; ok {
			delete(e.open, s)
			if len(e.open) == 0 && e.roles.len() == 0 && e.changed <= s.index.floor {
				delete(s.index.subjects, who)
			}
		}
	}
}
