package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/podlog"
)

const (
	// firstPause and longestPause are between attempts to take a stream up again.
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
	// overlap is asked for beyond what was missed, for clocks that differ.
	overlap = 10 * time.Second
)

// followAll follows the logs of components until all have ended. note gets what
// the reader should know besides the lines.
func followAll(ctx context.Context, source *logSource, components []string, first v1alpha1.AppLogOptions,
	emit func(podlog.Line) error, note func(string),
) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, component := range components {
		f := &follower{source: source, component: component, first: first, emit: emit, note: note, shown: positions{}}
		group.Go(func() error { return f.run(ctx) })
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil // the reader has had enough
	}
	return err
}

// follower follows the log of a component over streams that break.
type follower struct {
	source    *logSource
	component string
	first     v1alpha1.AppLogOptions
	emit      func(podlog.Line) error
	note      func(string)

	// opened says that there was a stream, and last when a line last came.
	opened bool
	last   time.Time
	// shown is how far each pod's log was shown, and before how far it was when the
	// stream began.
	shown, before positions
}

// run ends when the log has ended twice without a line between: the server ends a
// log whose pods are gone, but a stream also ends when someone on the way is restarted.
func (f *follower) run(ctx context.Context) error {
	pause, endedBefore := firstPause, false
	for {
		lines, err := f.once(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (!f.opened || !passes(err)):
			return err
		case err == nil && lines == 0 && endedBefore:
			return nil
		}
		if lines > 0 {
			pause = firstPause
		}
		if endedBefore = err == nil; err != nil {
			f.note(fmt.Sprintf("the log of %s broke off (%v), it is taken up again", f.component, err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// once reads one stream to its end and returns how many new lines it had.
func (f *follower) once(ctx context.Context) (lines int, err error) {
	stream, err := f.source.open(ctx, f.component, f.options(time.Now()))
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	defer context.AfterFunc(ctx, func() { _ = stream.Close() })()
	f.opened, f.before = true, f.shown.clone()
	err = eachLine(stream, func(line podlog.Line) error {
		f.last = time.Now()
		if f.before.has(line) {
			return nil
		}
		lines++
		f.shown.add(line)
		return f.emit(line)
	})
	return lines, err
}

// options ask for what was asked for at first, or for what came since the last line.
func (f *follower) options(now time.Time) v1alpha1.AppLogOptions {
	if f.last.IsZero() {
		return f.first
	}
	missed := now.Sub(f.last) + overlap
	return v1alpha1.AppLogOptions{
		Follow: true, TailLines: new(int64(maxTail)),
		SinceSeconds: new(int64(missed/time.Second) + 1),
	}
}

// passes says whether an error may be gone by the next attempt.
func passes(err error) bool {
	if errors.Is(err, errPrinting) {
		return false
	}
	switch {
	case apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err), apierrors.IsServerTimeout(err),
		apierrors.IsTimeout(err), apierrors.IsInternalError(err):
		return true
	}
	var status apierrors.APIStatus
	return !errors.As(err, &status)
}
