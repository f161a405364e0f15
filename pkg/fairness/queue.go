// Package fairness keeps one caller from slowing others: requests take seats, and
// those who hold few are served before those who hold many.
package fairness

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// ErrFull says that a flow has as many requests waiting as it may have.
var ErrFull = errors.New("too many requests of this caller are waiting already")

// Limits bound requests.
type Limits struct {
	// Seats is how many requests are worked on at a time.
	Seats int
	// PerFlow is how many of them may be of one flow, so that what takes long leaves
	// seats for others.
	PerFlow int
	// Waiting is how many requests of one flow may wait.
	Waiting int
}

// DefaultLimits returns the limits of a server: four callers have to come together
// to take every seat.
func DefaultLimits() Limits { return Limits{Seats: 200, PerFlow: 50, Waiting: 1000} }

// Queue hands out seats.
type Queue struct {
	limits Limits

	mu    sync.Mutex
	taken int
	flows map[string]*flow
	// waiting are the flows that wait for a seat, in the order in which they were
	// served last.
	waiting *list.List
}

// flow is what one caller asks for.
type flow struct {
	name  string
	taken int
	// queue holds the requests that wait, the oldest first.
	queue *list.List
	// place is that in the waiting flows; nil while none of its requests wait.
	place *list.Element
}

// New returns a queue.
func New(limits Limits) *Queue {
	return &Queue{limits: limits, flows: map[string]*flow{}, waiting: list.New()}
}

// Take waits for a seat, and returns what gives it back. It fails with ErrFull, or
// when ctx is done.
func (q *Queue) Take(ctx context.Context, name string) (give func(), err error) {
	q.mu.Lock()
	f, ok := q.flows[name]
	if !ok {
		f = &flow{name: name, queue: list.New()}
		q.flows[name] = f
	}
	if f.queue.Len() == 0 && q.taken < q.limits.Seats && f.taken < q.limits.PerFlow {
		q.seat(f)
		q.mu.Unlock()
		return func() { q.give(f) }, nil
	}
	if f.queue.Len() >= q.limits.Waiting {
		q.drop(f)
		q.mu.Unlock()
		return nil, ErrFull
	}
	seated := make(chan struct{})
	waiter := f.queue.PushBack(seated)
	if f.place == nil {
		f.place = q.waiting.PushBack(f)
	}
	q.mu.Unlock()
	select {
	case <-seated:
		return func() { q.give(f) }, nil
	case <-ctx.Done():
		q.leave(f, waiter, seated)
		return nil, context.Cause(ctx)
	}
}

// seat has a flow hold one more seat. The caller holds the lock.
func (q *Queue) seat(f *flow) {
	q.taken++
	f.taken++
}

// give gives a seat back, and seats who is next.
func (q *Queue) give(f *flow) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken--
	f.taken--
	q.drop(f)
	q.next()
}

// next seats requests while there are seats: of the waiting flow that holds the
// fewest, and among equals of the one that was served longest ago. The caller holds
// the lock.
func (q *Queue) next() {
	for q.taken < q.limits.Seats {
		var best *flow
		for e := q.waiting.Front(); e != nil; e = e.Next() {
			if f := e.Value.(*flow); f.taken < q.limits.PerFlow && (best == nil || f.taken < best.taken) {
				best = f
			}
		}
		if best == nil {
			return
		}
		q.seat(best)
		close(best.queue.Remove(best.queue.Front()).(chan struct{}))
		if best.queue.Len() == 0 {
			q.waiting.Remove(best.place)
			best.place = nil
		} else {
			q.waiting.MoveToBack(best.place)
		}
	}
}

// leave has a request wait no more. It may have been seated at the same moment.
func (q *Queue) leave(f *flow, waiter *list.Element, seated chan struct{}) {
	q.mu.Lock()
	select {
	case <-seated:
		q.mu.Unlock()
		q.give(f)
		return
	default:
	}
	defer q.mu.Unlock()
	f.queue.Remove(waiter)
	if f.queue.Len() == 0 && f.place != nil {
		q.waiting.Remove(f.place)
		f.place = nil
	}
	q.drop(f)
}

// drop forgets a flow that holds and wants nothing. The caller holds the lock.
func (q *Queue) drop(f *flow) {
	if f.taken == 0 && f.queue.Len() == 0 {
		delete(q.flows, f.name)
	}
}
