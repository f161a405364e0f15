package apiserver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"
)

func TestReadinessIsAskedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var probes atomic.Int32
		failure := errors.New("etcd is gone")
		r := newReadiness(func(context.Context) error {
			time.Sleep(time.Second / 2)
			if probes.Add(1) == 1 {
				return failure
			}
			return nil
		}, clock.RealClock{})
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if err := r.check(t.Context()); !errors.Is(err, failure) {
					t.Errorf("the first answer is %v", err)
				}
			})
		}
		callers.Wait()
		if err := r.check(t.Context()); !errors.Is(err, failure) || probes.Load() != 1 {
			t.Errorf("an answer of a moment ago was not kept: %v after %d probes", err, probes.Load())
		}
		time.Sleep(readinessTTL)
		if err := r.check(t.Context()); err != nil || probes.Load() != 2 {
			t.Errorf("an old answer was kept: %v after %d probes", err, probes.Load())
		}
	})
}

func TestCallerOfReadinessNeedNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReadiness(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, clock.RealClock{})
		given, giveUp := context.WithCancel(t.Context())
		giveUp()
		if err := r.check(given); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up got %v", err)
		}
		// The probe of one who gave up goes on for the others, but not forever.
		if err := r.check(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waited got %v", err)
		}
	})
}
