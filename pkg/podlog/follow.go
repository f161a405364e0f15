package podlog

import (
	"context"
	"slices"
	"time"
)

// Arrivals are sources that came later.
type Arrivals struct {
	Sources []Source
	// More says that others may follow: pods run, or are about to.
	More bool
}

// Follow is Merge for sources of which more come later. It asks which have come
// every so often, and ends when all have ended and no more can come. A late source
// that fails is left out; an error of next is one of that moment.
func Follow(ctx context.Context, sources []Source, patience, every time.Duration, next func(context.Context) (Arrivals, error), emit func(Line) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	later := make(chan Arrivals)
	go ask(ctx, every, next, later)
	return merge(ctx, sources, patience, later, emit)
}

// ask hands over what has come until ctx is done.
func ask(ctx context.Context, every time.Duration, next func(context.Context) (Arrivals, error), later chan<- Arrivals) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		come, err := next(ctx)
		if err != nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case later <- come:
		}
	}
}

// arrive takes late sources in, and lets go of those that have ended.
func (m *merger) arrive(ctx context.Context, come Arrivals) {
	m.streams = slices.DeleteFunc(m.streams, func(s *stream) bool { return s.ended && s.head == nil })
	m.over = len(m.streams) == 0 && len(come.Sources) == 0 && !come.More
	for _, source := range come.Sources {
		m.open(ctx, source, true)
	}
}
