package podlog

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// Source is the log of one pod.
type Source struct {
	Component, Pod string
	// Open returns the log, each line with its time before it.
	Open func(context.Context) (io.ReadCloser, error)
}

// buffered is how many lines of each source are read ahead.
const buffered = 16

// Merge calls emit with the lines of all sources, the oldest first, until all
// have ended. The lines of a source are taken to be in order. With patience, a
// line does not wait longer than that for an older one of another source, so that
// a source that is silent does not hold up the others; 0 waits for ever. The
// first error, be it of a source, of emit or of ctx, ends everything.
func Merge(ctx context.Context, sources []Source, patience time.Duration, emit func(Line) error) error {
	return merge(ctx, sources, patience, nil, emit)
}

// merge is Merge with sources that come later, if later is not nil.
func merge(ctx context.Context, sources []Source, patience time.Duration, later <-chan Arrivals, emit func(Line) error) error {
	ctx, cancel := context.WithCancel(ctx)
	m := &merger{patience: patience, later: later, wake: make(chan struct{}, 1)}
	defer m.reading.Wait()
	defer cancel()
	for _, source := range sources {
		m.open(ctx, source, false)
	}
	return m.run(ctx, emit)
}

type merger struct {
	patience time.Duration
	later    <-chan Arrivals
	streams  []*stream
	wake     chan struct{}
	reading  sync.WaitGroup
	// over says that nothing can come later.
	over bool
}

// open begins to read a source. That a late one fails ends nothing but itself.
func (m *merger) open(ctx context.Context, source Source, late bool) {
	s := &stream{lines: make(chan Line, buffered), late: late}
	m.streams = append(m.streams, s)
	m.reading.Go(func() {
		defer m.signal()
		defer close(s.lines)
		s.err = read(ctx, source, func(line Line) bool {
			select {
			case s.lines <- line:
				m.signal()
				return true
			case <-ctx.Done():
				return false
			}
		})
	})
}

type stream struct {
	lines chan Line
	// err is set before lines is closed.
	err error
	// head is the next line, if there is one, since when it has waited.
	head  *Line
	since time.Time
	ended bool
	// late streams came later.
	late bool
}

func (m *merger) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *merger) run(ctx context.Context, emit func(Line) error) error {
	for {
		waiting, err := m.fill()
		if err != nil {
			return err
		}
		oldest := m.oldest()
		if oldest == nil && !waiting && (m.later == nil || m.over) {
			return nil
		}
		if oldest != nil && (!waiting || m.patience > 0 && time.Since(oldest.since) >= m.patience) {
			line := *oldest.head
			oldest.head = nil
			if err := emit(line); err != nil {
				return err
			}
			continue
		}
		if err := m.wait(ctx, oldest); err != nil {
			return err
		}
	}
}

// fill takes the next line of each stream that has one, and says whether there is
// a stream that may have one later.
func (m *merger) fill() (waiting bool, err error) {
	for _, s := range m.streams {
		if s.head != nil || s.ended {
			continue
		}
		select {
		case line, open := <-s.lines:
			if open {
				s.head, s.since = &line, time.Now()
				continue
			}
			s.ended = true
			if s.err != nil && !s.late {
				return false, s.err
			}
		default:
			waiting = true
		}
	}
	return waiting, nil
}

func (m *merger) oldest() (found *stream) {
	for _, s := range m.streams {
		if s.head != nil && (found == nil || s.head.Time.Before(found.head.Time)) {
			found = s
		}
	}
	return found
}

// wait returns when there is something to read, or when the oldest line has
// waited long enough.
func (m *merger) wait(ctx context.Context, oldest *stream) error {
	var enough <-chan time.Time
	if oldest != nil && m.patience > 0 {
		timer := time.NewTimer(m.patience - time.Since(oldest.since))
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-m.wake:
	case <-enough:
	case come := <-m.later:
		m.arrive(ctx, come)
	}
	return nil
}

// read hands the lines of a source on until it ends or they are no longer wanted.
func read(ctx context.Context, source Source, next func(Line) bool) error {
	log, err := source.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	defer context.AfterFunc(ctx, func() { _ = log.Close() })()
	reader := bufio.NewReaderSize(log, MaxMessage+64)
	var at time.Time
	for {
		raw, long, err := reader.ReadLine()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if ctx.Err() != nil { // the log was closed here, whatever reading it says
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		line := Line{Component: source.Component, Pod: source.Pod}
		at, line.Message = parse(raw, at)
		line.Time = at
		if !next(line) {
			return ctx.Err()
		}
		for long && err == nil { // the rest of a line that is too long
			_, long, err = reader.ReadLine()
		}
	}
}
