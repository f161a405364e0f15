package podlog

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestFollowTakesLaterSourcesIn has sources come one after the other.
func TestFollowTakesLaterSourcesIn(t *testing.T) {
	fails := Source{Pod: "c", Open: func(context.Context) (io.ReadCloser, error) { return nil, errors.New("gone already") }}
	steps := []Arrivals{
		{More: true}, {Sources: []Source{fixed("b", stamp(2)+" two\n"), fails}, More: true}, {More: true},
		{Sources: []Source{fixed("d", stamp(3)+" three\n")}},
	}
	asked := 0
	next := func(context.Context) (Arrivals, error) {
		asked++
		if asked == 2 {
			return Arrivals{}, errors.New("the cluster does not answer")
		}
		if len(steps) == 0 {
			return Arrivals{}, nil
		}
		step := steps[0]
		steps = steps[1:]
		return step, nil
	}
	var got []string
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := Follow(ctx, []Source{fixed("a", stamp(1)+" one\n")}, time.Millisecond, 5*time.Millisecond, next, func(line Line) error {
		got = append(got, line.Pod+" "+line.Message)
		return nil
	})
	if want := "a one, b two, d three"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("got %q and %v, want %q and an end", got, err, want)
	}
	if asked < 6 {
		t.Errorf("it ended after asking %d times", asked)
	}
}

// endless is a log of long lines.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	line := stamp(1) + " " + strings.Repeat("x", MaxMessage*2) + "\n"
	n := copy(p, line[max(0, len(line)-min(len(line), len(p))):])
	e.left -= n
	return n, nil
}

// TestMemoryIsBounded merges 16 logs of 32 MB each and looks at what is held.
func TestMemoryIsBounded(t *testing.T) {
	var sources []Source
	for range 16 {
		sources = append(sources, Source{Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(&endless{left: 32 << 20}), nil
		}})
	}
	tail := Tail{Lines: 10_000, Bytes: 8 << 20}
	held := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before, most, lines := held(), uint64(0), 0
	err := Merge(t.Context(), sources, 0, func(line Line) error {
		if lines++; lines%2000 == 0 {
			most = max(most, held())
		}
		return tail.Add(line)
	})
	if err != nil || lines < 16*1000 {
		t.Fatal(lines, err)
	}
	t.Logf("%d lines of 512 MB; %d KiB held at most", lines, (most-before)>>10)
	if most-before > 40<<20 {
		t.Errorf("%d MiB are held", (most-before)>>20)
	}
}
