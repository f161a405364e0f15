package parents

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func clusterKey(name string) key {
	return key{resource: v1alpha1.Resource("clusters"), name: name}
}

// slow is a store whose reads end when they are let go, with what there was when they
// began.
type slow struct {
	now   atomic.Int64
	reads atomic.Int64
	let   chan struct{}
}

func (s *slow) read(ctx context.Context) (metav1.Object, error) {
	s.reads.Add(1)
	began := s.now.Load()
	select {
	case <-s.let:
		return &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Generation: began}}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestReadsAreShared has many ask for one parent while it is being read: one read more
// answers all of them, and with what there is after they have asked.
func TestReadsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads, store := &shared{}, &slow{let: make(chan struct{})}
		var group sync.WaitGroup
		ask := func(want int64) {
			group.Go(func() {
				object, err := reads.get(t.Context(), clusterKey("a"), store.read)
				if err != nil || object.GetGeneration() != want {
					t.Errorf("got %v, %v, want what there is at %d", object, err, want)
				}
			})
			synctest.Wait()
		}
		ask(0)
		store.now.Store(1) // no answer of the read that runs may do for who asks from here on
		for range 20 {
			ask(1)
		}
		store.let <- struct{}{}
		synctest.Wait()
		store.now.Store(2)
		ask(2) // the read for the twenty has begun
		store.let <- struct{}{}
		synctest.Wait()
		store.let <- struct{}{}
		group.Wait()
		if n := store.reads.Load(); n != 3 {
			t.Errorf("there were %d reads, want 3", n)
		}
		if len(reads.running) != 0 {
			t.Errorf("%d reads are remembered after all have ended", len(reads.running))
		}
	})
}

// TestReadsOfOthersAreNotWaitedFor asks for two parents.
func TestReadsOfOthersAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads, store := &shared{}, &slow{let: make(chan struct{})}
		var group sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			group.Go(func() {
				if _, err := reads.get(t.Context(), clusterKey(name), store.read); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := store.reads.Load(); n != 2 {
			t.Errorf("%d reads run, want both", n)
		}
		close(store.let)
		group.Wait()
	})
}

// TestWhoGoesAwayTakesNobodyAlong cancels who reads, and the first of those who wait.
func TestWhoGoesAwayTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads, store := &shared{}, &slow{let: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				if _, err := reads.get(ctx, clusterKey("a"), store.read); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want to be gone", err)
				}
			})
			synctest.Wait()
		}
		group.Go(func() {
			if _, err := reads.get(t.Context(), clusterKey("a"), store.read); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		store.let <- struct{}{}
		group.Wait()
	})
}
