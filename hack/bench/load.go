package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// operation does the i-th of something.
type operation func(ctx context.Context, i int) error

// times has clients do operations first to first+count-1 together, as fast as
// they can. The first error ends the round and is returned.
func times(ctx context.Context, clients, first, count int, do operation) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	latencies := make([]time.Duration, count)
	var next atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range clients {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= count || ctx.Err() != nil {
					return
				}
				began := time.Now()
				if err := do(ctx, first+i); err != nil {
					cancel(fmt.Errorf("operation %d: %w", first+i, err))
					return
				}
				latencies[i] = time.Since(began)
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return sample{}, err
	}
	slices.Sort(latencies)
	return sample{rate: float64(count) / took.Seconds(), latencies: latencies}, nil
}

// side is one of those compared.
type side struct {
	name string
	do   operation
	// Round r begins with operation first + r*step.
	first, step int
}

// interleave measures sides in turn, count operations a round, and swaps their
// order from round to round. A first round warms up and is thrown away.
func (p *platform) interleave(ctx context.Context, count int, sides ...side) ([][]sample, error) {
	out := make([][]sample, len(sides))
	for round := range p.options.rounds + 1 {
		for n := range sides {
			if round%2 == 1 {
				n = len(sides) - 1 - n
			}
			s := sides[n]
			measured, err := times(ctx, p.options.clients, s.first+round*s.step, count, s.do)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", s.name, round, err)
			}
			if round > 0 {
				out[n] = append(out[n], measured)
			}
		}
	}
	return out, nil
}

// same is a side whose operation is the same in each round.
func same(name string, do operation) side {
	return side{name: name, do: do}
}

// counted is a side whose rounds go on counting where the one before ended.
func counted(name string, first, count int, do operation) side {
	return side{name: name, do: do, first: first, step: count}
}
