//go:build reliability

package reliability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubenova/kubenova/test/reliability/linear"
)

const (
	clients = 6
	slots   = 4
	// opTimeout is after how long a client gives an operation up.
	opTimeout = 10 * time.Second
	// An object is followed by another one after so many operations, or so many whose
	// outcome is unknown: their possible orders are tried out.
	mostOperations, mostUnknown = 300, 6
	// decideLimit bounds how long the orders of one object are tried out.
	decideLimit = 2 * time.Minute
)

// storm is a load of random operations on few objects.
type storm struct {
	p       *platform
	history *linear.History
	values  atomic.Int64
	slots   [slots]slot
	// acknowledged counts the writes that each door of each replica acknowledged.
	acknowledged [replicas][2]atomic.Int64

	mu     sync.Mutex
	wrong  []error
	failed map[string]int
}

// slot is one object after the other.
type slot struct {
	mu         sync.Mutex
	generation int
	operations int
	unknown    int
	// value and version are those that were last heard of.
	value, version string
}

func newStorm(p *platform) *storm {
	return &storm{p: p, history: linear.NewHistory(), failed: map[string]int{}}
}

// run has clients work until the context is done.
func (s *storm) run(ctx context.Context, seed uint64) {
	var wg sync.WaitGroup
	for id := range clients {
		wg.Go(func() { s.client(ctx, id, rand.New(rand.NewPCG(seed, uint64(id)))) })
	}
	wg.Wait()
}

func (s *storm) client(ctx context.Context, id int, random *rand.Rand) {
	client := s.p.newClient()
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		replica, d := random.IntN(replicas), []door{rest, native}[random.IntN(2)]
		// An operation is not cut off by the end: it would be one more without an outcome.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), opTimeout)
		known := s.operation(limited, client, id, replica, d, random)
		cancel()
		pause := time.Duration(5+random.IntN(20)) * time.Millisecond
		if !known {
			pause = 500 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// operation does one, and says whether its outcome is known. After a write everybody has
// to see it at once, whichever server and door they ask.
func (s *storm) operation(ctx context.Context, client *http.Client, id, replica int, d door, random *rand.Rand) bool {
	if random.IntN(12) == 0 {
		return s.list(ctx, client, id, s.p.replicaURL(replica), d)
	}
	at := random.IntN(slots)
	in, version := s.slots[at].choose(at, random, fmt.Sprintf("v%d", s.values.Add(1)))
	outcome := s.perform(ctx, client, id, replica, d, at, in, version)
	if outcome == linear.Done && in.Kind != linear.Get {
		s.acknowledged[replica][map[door]int{rest: 0, native: 1}[d]].Add(1)
		read := linear.Input{Object: in.Object, Kind: linear.Get}
		s.perform(ctx, client, id, (replica+1)%replicas, []door{rest, native}[random.IntN(2)], at, read, "")
	}
	return outcome != linear.Unknown && outcome != ""
}

// perform does an operation, and keeps what it told.
func (s *storm) perform(ctx context.Context, client *http.Client, id, replica int, d door, at int, in linear.Input, version string) linear.Outcome {
	called := s.history.Now()
	out, got, err := s.p.do(ctx, client, d, s.p.replicaURL(replica), in, version)
	if err != nil {
		s.complain(err)
		return linear.Refused
	}
	if out.Outcome == "" || out.Outcome == linear.Unknown {
		s.note(fmt.Sprintf("%d", got.status))
	}
	if out.Outcome != "" {
		s.history.Add(id, in, called, out)
		s.slots[at].learn(at, in, out, got)
	}
	return out.Outcome
}

// list reads all objects at once: for each it is a read.
func (s *storm) list(ctx context.Context, client *http.Client, id int, base string, d door) bool {
	var names []string
	for i := range s.slots {
		names = append(names, s.slots[i].name(i))
	}
	called := s.history.Now()
	values, err := s.p.list(ctx, client, d, base)
	if err != nil {
		s.note("list")
		return false // a list that fails tells nothing; storms end with some that must not
	}
	for _, name := range names {
		out := linear.Output{Outcome: linear.Refused}
		if value, found := values[name]; found {
			out = linear.Output{Outcome: linear.Done, Value: value}
		}
		s.history.Add(id, linear.Input{Object: name, Kind: linear.Get}, called, out)
	}
	return true
}

func (s *storm) complain(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.wrong) < 20 {
		s.wrong = append(s.wrong, err)
	}
}

func (s *storm) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[what]++
}

func (s *slot) name(at int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current(at)
}

func (s *slot) current(at int) string { return fmt.Sprintf("s%d-%d", at, s.generation) }

// choose returns the next operation, and the version that it is on condition of.
func (s *slot) choose(at int, random *rand.Rand, value string) (linear.Input, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := linear.Input{Object: s.current(at)}
	if s.operations >= mostOperations || s.unknown >= mostUnknown {
		s.generation, s.operations, s.unknown, s.value, s.version = s.generation+1, 0, 0, "", ""
		in.Kind = linear.Delete // so that they do not become many
		return in, ""
	}
	s.operations++
	switch dice := random.IntN(100); {
	case dice < 30:
		in.Kind = linear.Get
	case dice < 50:
		in.Kind, in.Value = linear.Create, value
	case dice < 65:
		in.Kind, in.Value = linear.Put, value
	case dice < 90 && s.version != "":
		in.Kind, in.Value, in.Expect = linear.Replace, value, s.value
		return in, s.version
	case dice < 94 && s.version != "":
		in.Kind, in.Expect = linear.DeleteIf, s.value
		return in, s.version
	case dice < 97:
		in.Kind = linear.Delete
	default:
		in.Kind = linear.Get
	}
	return in, ""
}

// learn keeps what an operation told of the object that is there now.
func (s *slot) learn(at int, in linear.Input, out linear.Output, got answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Object != s.current(at) {
		return
	}
	if out.Outcome == linear.Unknown && in.Kind != linear.Get {
		s.unknown++
	}
	if out.Outcome == linear.Done && got.version != "" {
		s.value, s.version = got.value, got.version
	}
}

// progress is how many writes each door of each replica has acknowledged.
func (s *storm) progress() (out [replicas * 2]int64) {
	for i := range s.acknowledged {
		for d := range s.acknowledged[i] {
			out[2*i+d] = s.acknowledged[i][d].Load()
		}
	}
	return out
}

// waitProgress waits until every door of every replica has acknowledged more writes.
func (s *storm) waitProgress(ctx context.Context) error {
	before := s.progress()
	return s.p.await(ctx, "every door to acknowledge writes again", func(context.Context) error {
		for i, count := range s.progress() {
			if count < before[i]+3 {
				return fmt.Errorf("replica %d, door %d: %d writes since", i/2, i%2, count-before[i])
			}
		}
		return nil
	})
}
