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
	// PerFlow is how many of them one flow may hold, so that what takes long leaves
	// seats for others.
	PerFlow int
	// Waiting is how many requests of one flow may wait.
	Waiting int
	// Away is how many requests of one flow may wait for other servers without a seat.
	Away int
}

// DefaultLimits returns the limits of a server on a number of cores. One flow holds
// as many seats as keep them busy while it waits for etcd, and a dozen have to come
// together to take every seat.
func DefaultLimits(cores int) Limits {
	return Limits{Seats: max(200, 100*cores), PerFlow: max(16, 8*cores), Waiting: 1000, Away: 100}
}

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
	name string
	// taken is how many seats its requests hold.
	taken int
	// away is how many of its requests have left their seats to wait for other servers.
	away int
	// queue holds the requests that wait, each a *waiter, the oldest first.
	queue *list.List
	// place is that in the waiting flows; nil while none of its requests wait.
	place *list.Element
}

// waiter is a request that waits for seats, which are all given to it at once.
type waiter struct {
	width  int
	seated chan struct{}
}

// New returns a queue.
func New(limits Limits) *Queue {
	return &Queue{limits: limits, flows: map[string]*flow{}, waiting: list.New()}
}

// Take waits for as many seats as a request is wide, though no more than a flow may
// hold. It fails with ErrFull, or when ctx is done.
func (q *Queue) Take(ctx context.Context, name string, width int) (*Seat, error) {
	width = min(max(width, 1), q.limits.PerFlow, q.limits.Seats)
	q.mu.Lock()
	f, ok := q.flows[name]
	if !ok {
		f = &flow{name: name, queue: list.New()}
		q.flows[name] = f
	}
	// Nobody who comes is seated before those who wait, or else a wide request would
	// never find enough seats.
	w := &waiter{width, make(chan struct{})}
	place := f.queue.PushBack(w)
	if f.place == nil {
		f.place = q.waiting.PushBack(f)
	}
	q.next()
	full := f.queue.Len() > q.limits.Waiting
	q.mu.Unlock()
	if full {
		q.leave(f, place)
		return nil, ErrFull
	}
	select {
	case <-w.seated:
		return &Seat{queue: q, flow: f, width: width}, nil
	case <-ctx.Done():
		q.leave(f, place)
		return nil, context.Cause(ctx)
	}
}

// seat has a flow hold more seats. The caller holds the lock.
func (q *Queue) seat(f *flow, width int) {
	q.taken += width
	f.taken += width
}

// give gives seats back, and seats who is next. The caller holds the lock.
func (q *Queue) give(f *flow, width int) {
	q.taken -= width
	f.taken -= width
	q.drop(f)
	q.next()
}

// next seats requests while there are seats: of the waiting flow that holds the
// fewest, and among equals of the one that was served longest ago. One that needs more
// seats than are left is waited for: others would take them away from it for ever. The
// caller holds the lock.
func (q *Queue) next() {
	for q.taken < q.limits.Seats {
		var best *flow
		for e := q.waiting.Front(); e != nil; e = e.Next() {
			if f := e.Value.(*flow); f.taken+f.first().width <= q.limits.PerFlow && (best == nil || f.taken < best.taken) {
				best = f
			}
		}
		if best == nil || q.taken+best.first().width > q.limits.Seats {
			return
		}
		w := best.queue.Remove(best.queue.Front()).(*waiter)
		q.seat(best, w.width)
		close(w.seated)
		if best.queue.Len() == 0 {
			q.waiting.Remove(best.place)
			best.place = nil
		} else {
			q.waiting.MoveToBack(best.place)
		}
	}
}

// first is the request that has waited longest.
func (f *flow) first() *waiter { return f.queue.Front().Value.(*waiter) }

// leave has a request wait no more. It may have been seated at the same moment. Those
// behind it may need fewer seats.
func (q *Queue) leave(f *flow, place *list.Element) {
	w := place.Value.(*waiter)
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-w.seated:
		q.give(f, w.width)
		return
	default:
	}
	f.queue.Remove(place)
	if f.queue.Len() == 0 && f.place != nil {
		q.waiting.Remove(f.place)
		f.place = nil
	}
	q.drop(f)
	q.next()
}

// drop forgets a flow that holds and wants nothing. The caller holds the lock.
func (q *Queue) drop(f *flow) {
	if f.taken == 0 && f.away == 0 && f.queue.Len() == 0 {
		delete(q.flows, f.name)
	}
}
