package fairness

import "context"

// Seat is what a request holds while it is worked on. The queue's lock guards it.
type Seat struct {
	queue *Queue
	flow  *flow
	// width is how many seats these are, 0 once they were given back.
	width int
	// away says that the request waits for another server, or did.
	away bool
}

// Give gives the seat back. Once more does nothing.
func (s *Seat) Give() {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.away {
		s.away = false
		s.flow.away--
		q.drop(s.flow)
	}
	s.free()
}

// free lets others have the seat. The caller holds the lock.
func (s *Seat) free() {
	if s.width > 0 {
		s.queue.give(s.flow, s.width)
		s.width = 0
	}
}

type seatKey struct{}

// WithSeat returns the context of a request that has a seat.
func WithSeat(ctx context.Context, seat *Seat) context.Context {
	return context.WithValue(ctx, seatKey{}, seat)
}

// Leave gives back the seat of the request that ctx is of, if it has one. Who waits for
// another server does so without: what is slow there must not keep this one from
// working. The rest of the request goes on without a seat as well. Who has as many
// requests away as it may keeps the seats of more, and so has others of its own wait.
func Leave(ctx context.Context) {
	s, seated := ctx.Value(seatKey{}).(*Seat)
	if !seated {
		return
	}
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.width > 0 && s.flow.away < q.limits.Away {
		s.away = true
		s.flow.away++
		s.free()
	}
}
