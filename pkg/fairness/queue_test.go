package fairness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// hold takes a seat for a while, and fails the test if it cannot.
func hold(t *testing.T, q *Queue, name string, while time.Duration) {
	t.Helper()
	seat, err := q.Take(t.Context(), name, 1)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	q.mu.Lock()
	if taken := q.flows[name].taken; taken > q.limits.PerFlow || q.taken > q.limits.Seats {
		t.Errorf("%s holds %d seats of %d taken", name, taken, q.taken)
	}
	q.mu.Unlock()
	time.Sleep(while)
	seat.Give()
}

// TestFewAreServedBeforeMany has one caller flood, and another come later.
func TestFewAreServedBeforeMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Seats: 4, PerFlow: 3, Waiting: 1000})
		var wg sync.WaitGroup
		for range 400 {
			wg.Go(func() { hold(t, q, "a", time.Second) })
		}
		synctest.Wait()
		if q.taken != 3 {
			t.Errorf("one caller holds %d seats", q.taken)
		}
		begin := time.Now()
		for range 5 {
			hold(t, q, "b", time.Second)
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("another caller took %s for 5 s of work", took)
		}
		// With every seat taken by others, it waits for one of them and not for all.
		for _, name := range []string{"c", "d"} {
			for range 100 {
				wg.Go(func() { hold(t, q, name, time.Second) })
			}
		}
		synctest.Wait()
		begin = time.Now()
		hold(t, q, "b", time.Second)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("among three floods, another caller took %s for 1 s of work", took)
		}
		wg.Wait()
		if len(q.flows) != 0 || q.taken != 0 || q.waiting.Len() != 0 {
			t.Errorf("in the end there are %d flows, %d seats taken, %d waiting", len(q.flows), q.taken, q.waiting.Len())
		}
	})
}

// TestFewestFirst has a flow that holds seats come first, and one that holds none
// come last: the one seat that is given back is the latter's.
func TestFewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Seats: 3, PerFlow: 3, Waiting: 10})
		var seats []*Seat
		for _, name := range []string{"a", "a", "c"} {
			seat, err := q.Take(t.Context(), name, 1)
			if err != nil {
				t.Fatal(err)
			}
			seats = append(seats, seat)
		}
		var served []string
		for _, name := range []string{"a", "b"} {
			go func() {
				seat, err := q.Take(t.Context(), name, 1)
				if err != nil {
					t.Error(err)
					return
				}
				served = append(served, name)
				time.Sleep(time.Second)
				seat.Give()
			}()
			synctest.Wait()
		}
		seats[2].Give()
		synctest.Wait()
		if len(served) != 1 || served[0] != "b" {
			t.Errorf("served %v first", served)
		}
		seats[0].Give()
		seats[1].Give()
		time.Sleep(2 * time.Second)
		if len(served) != 2 {
			t.Errorf("served %v", served)
		}
	})
}

// TestFull refuses what would wait too long a line, and lets go of who leaves.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Seats: 1, PerFlow: 1, Waiting: 1})
		seat, err := q.Take(t.Context(), "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := q.Take(ctx, "a", 1)
			left <- err
		}()
		synctest.Wait()
		if _, err := q.Take(t.Context(), "a", 1); !errors.Is(err, ErrFull) {
			t.Errorf("the third: %v", err)
		}
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		seat.Give()
		hold(t, q, "b", time.Second)
		if len(q.flows) != 0 || q.taken != 0 || q.waiting.Len() != 0 {
			t.Errorf("in the end there are %d flows, %d seats taken, %d waiting", len(q.flows), q.taken, q.waiting.Len())
		}
	})
}

// TestWideRequests has requests that count as many, among such as count as one.
func TestWideRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Seats: 8, PerFlow: 4, Waiting: 1000})
		var wg sync.WaitGroup
		held, most := 0, 0
		wide := func(name string, width int) {
			seat, err := q.Take(t.Context(), name, width)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			if held++; q.taken > q.limits.Seats {
				t.Errorf("%d seats are taken", q.taken)
			}
			most = max(most, held)
			time.Sleep(time.Second)
			held--
			seat.Give()
		}
		for range 5 {
			wg.Go(func() { wide("a", 100) })
		}
		synctest.Wait()
		if held != 1 || q.taken != 4 {
			t.Errorf("%d requests that are as wide as can be are served at a time, with %d seats", held, q.taken)
		}
		// Narrow ones of others do not keep a wide one from its turn.
		for i := range 50 {
			while := time.Duration(100+7*i) * time.Millisecond // so that seats become free one by one
			wg.Go(func() { hold(t, q, "b", while) })
			wg.Go(func() { hold(t, q, "c", while+time.Second) })
		}
		synctest.Wait()
		wg.Go(func() { wide("d", 3) }) // with every seat taken
		wg.Wait()
		if most > 2 || len(q.flows) != 0 || q.taken != 0 || q.waiting.Len() != 0 {
			t.Errorf("at most %d were served at a time; in the end there are %d flows, %d seats taken, %d waiting", most, len(q.flows), q.taken, q.waiting.Len())
		}
	})
}

// TestWideAmongNewcomers has a wide request wait while requests of others come that
// would find a seat at once.
func TestWideAmongNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(Limits{Seats: 8, PerFlow: 4, Waiting: 1000})
		var wg sync.WaitGroup
		var began, served time.Time
		for i := range 200 {
			// Six or seven of the seats are always taken.
			wg.Go(func() { hold(t, q, fmt.Sprint("new", i), 650*time.Millisecond) })
			if i == 20 {
				began = time.Now()
				wg.Go(func() {
					seat, err := q.Take(t.Context(), "wide", 3)
					if err != nil {
						t.Error(err)
						return
					}
					served = time.Now()
					seat.Give()
				})
			}
			time.Sleep(100 * time.Millisecond)
		}
		wg.Wait()
		if waited := served.Sub(began); waited > time.Second {
			t.Errorf("the wide request was served after %s", waited)
		}
	})
}

// TestLeave has requests that wait for others let go of their seats, once, as long as
// there are few of them.
func TestLeave(t *testing.T) {
	q := New(Limits{Seats: 2, PerFlow: 2, Waiting: 1, Away: 3})
	take := func(name string) (*Seat, context.Context) {
		t.Helper()
		seat, err := q.Take(t.Context(), name, 1)
		if err != nil {
			t.Fatal(err)
		}
		return seat, WithSeat(t.Context(), seat)
	}
	want := func(taken int) {
		t.Helper()
		if q.taken != taken {
			t.Fatalf("%d seats are taken, want %d", q.taken, taken)
		}
	}
	var away []*Seat
	for range 3 {
		seat, ctx := take("a")
		want(1)
		Leave(ctx)
		Leave(ctx)
		want(0)
		away = append(away, seat)
	}
	more, ctx := take("a")
	Leave(ctx)
	want(1)
	other, ctx := take("b")
	Leave(ctx)
	want(1)
	away[0].Give()
	away[0].Give()
	Leave(WithSeat(t.Context(), more))
	want(0)
	for _, seat := range append(away, more, other) {
		seat.Give()
	}
	if len(q.flows) != 0 || q.taken != 0 {
		t.Errorf("in the end there are %d flows and %d seats taken", len(q.flows), q.taken)
	}
	Leave(t.Context())
}
