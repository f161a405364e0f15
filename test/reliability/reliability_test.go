//go:build reliability

package reliability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/kubenova/kubenova/test/reliability/watched"
)

// TestReliability starts the platform once: its start takes long.
func TestReliability(t *testing.T) {
	p := start(t)
	t.Run("Storm", func(t *testing.T) { testStorm(t, p) })
	t.Run("ResumedWatches", func(t *testing.T) { testResumedWatches(t, p) })
	t.Run("Leaks", func(t *testing.T) { testLeaks(t, p) })
	t.Run("RollingRestart", func(t *testing.T) { testRollingRestart(t, p) })
	t.Run("Backup", func(t *testing.T) { testBackup(t, p) })
}

// stormLength is how long the storm goes on, beyond one round of all faults.
func stormLength(t *testing.T) time.Duration {
	t.Helper()
	if given := os.Getenv("RELIABILITY_LENGTH"); given != "" {
		return must(time.ParseDuration(given))(t)
	}
	return 0
}

// seedOf is where the random choices begin. Faults come in the same order with the same seed.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if given := os.Getenv("RELIABILITY_SEED"); given != "" {
		seed = must(strconv.ParseUint(given, 10, 64))(t)
	}
	t.Logf("RELIABILITY_SEED=%d", seed)
	return seed
}

// testStorm has clients and watchers of both doors work while everything under them
// is killed and paused, and checks what they were told.
func testStorm(t *testing.T, p *platform) {
	seed, length := seedOf(t), stormLength(t)
	s := newStorm(p)
	watchers := []*watcher{newWatcher(p, native, seed), newWatcher(p, rest, seed+1), newWatcher(p, native, seed+2), newWatcher(p, rest, seed+3)}
	f := p.follow(t, watchers)
	load, calm := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	clients.Go(func() { s.run(load, seed) })

	err := s.waitProgress(t.Context())
	before := p.measure(t)
	if err == nil {
		err = s.weather(t, rand.New(rand.NewPCG(seed, 0)), length)
	}
	calm()
	clients.Wait()
	check(t, err)
	all, unknown := s.history.Len()
	t.Logf("%d operations, %d without a known outcome; without an answer or with an error: %v", all, unknown, s.failed)
	check(t, errors.Join(s.wrong...))
	check(t, s.history.Check(decideLimit))
	f.check(t, watchers)
	p.converged(t)
	p.bounded(t, before)
}

// weather lets every fault happen in a random order, again and again, and each time
// waits until every door of every replica takes writes again.
func (s *storm) weather(t *testing.T, random *rand.Rand, length time.Duration) error {
	began := time.Now()
	for round := 0; round == 0 || time.Since(began) < length; round++ {
		list := faults()
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, fault := range list {
			at := time.Now()
			if err := fault.do(t.Context(), s.p, random); err != nil {
				return fmt.Errorf("%s: %w", fault.name, err)
			}
			if err := s.waitProgress(t.Context()); err != nil {
				return fmt.Errorf("after %s: %w", fault.name, err)
			}
			t.Logf("%s: over after %.1fs", fault.name, time.Since(at).Seconds())
		}
	}
	return nil
}

// following is what watchers watch, and what etcd itself tells of it.
type following struct {
	p      *platform
	stop   context.CancelFunc
	ended  *sync.WaitGroup
	stored chan stored
}

type stored struct {
	changes []watched.Change
	err     error
}

// lastObject is made when everything else has been written.
const lastObject = "zz-last"

// follow has watchers watch from now on.
func (p *platform) follow(t *testing.T, watchers []*watcher) *following {
	t.Helper()
	client := p.etcdClient(t)
	now := must(client.Get(t.Context(), keysOf))(t).Header.Revision
	ctx, stop := context.WithCancel(t.Context())
	f := &following{p: p, stop: stop, ended: &sync.WaitGroup{}, stored: make(chan stored, 1)}
	go func() {
		changes, err := storedChanges(ctx, client, now, lastObject)
		f.stored <- stored{changes, err}
	}()
	for _, w := range watchers {
		f.ended.Go(func() { w.run(ctx) })
	}
	return f
}

// check makes one object more, waits until everybody has been told of it, and
// compares what they were told.
func (f *following) check(t *testing.T, watchers []*watcher) {
	t.Helper()
	defer f.stop()
	f.p.mustSend(t, http.MethodPost, f.p.replicaURL(0)+restPath, `{"name":"`+lastObject+`","description":"last","rules":[],"attachedTo":[]}`)
	all := <-f.stored
	check(t, all.err)
	last := all.changes[len(all.changes)-1].Version
	for _, w := range watchers {
		f.p.waitFor(t, "a watcher to catch up", func(context.Context) error { return w.caughtUp(last) })
	}
	f.stop()
	f.ended.Wait()
	for _, w := range watchers {
		changes, resets, resumed := w.told()
		t.Logf("a %s watcher was told %d of %d changes, resumed %d times, was reset %d times", w.door, changes, len(all.changes), resumed, resets)
		if err := w.check(all.changes); err != nil {
			t.Error(err)
		}
	}
	f.p.mustSend(t, http.MethodDelete, f.p.replicaURL(0)+restPath+"/"+lastObject, "")
}

// converged checks that both doors of all replicas show the same.
func (p *platform) converged(t *testing.T) {
	t.Helper()
	want := p.mustList(t, native, 0)
	for i := range p.api {
		for _, d := range []door{rest, native} {
			got := p.mustList(t, d, i)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s door of replica %d shows %v, want %v", d, i, got, want)
			}
		}
	}
	stored := must(p.etcdClient(t).Get(t.Context(), keysOf, prefixed()...))(t)
	if len(stored.Kvs) != len(want) {
		t.Errorf("etcd has %d objects, the doors show %d", len(stored.Kvs), len(want))
	}
}
