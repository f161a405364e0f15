// Package traces carries traces from one part of KubeNova to the next: from the request
// that changes an object to the controllers that see it, and from these to clusters.
// Where the parts are in one call, the context carries them.
package traces

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	// fresh is for how long what is done to an object belongs to the trace of the
	// request that changed it. What comes later is linked to it.
	fresh = 5 * time.Minute
	// longestStamp is more than any stamp has.
	longestStamp = 100

	separator = "@"
	// timeFormat tells apart what follows shortly after another.
	timeFormat = "2006-01-02T15:04:05.000Z07:00"
	header     = "traceparent"
)

// Stamp names the span that a context is in, and the time, to be kept with an object.
// It is empty unless the span is recorded. A caller's header alone is no such span.
func Stamp(ctx context.Context, now time.Time) string {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() || !span.SpanContext().IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[header] + separator + now.UTC().Format(timeFormat)
}

// Continue returns a context in which spans go on with the trace of the newest of
// stamps, and the options for the first of them. A stamp that is none does not count.
func Continue(ctx context.Context, now time.Time, stamps ...string) (context.Context, []trace.SpanStartOption) {
	var cause trace.SpanContext
	var at time.Time
	for _, stamp := range stamps {
		if span, made := read(stamp); span.IsValid() && made.After(at) {
			cause, at = span, made
		}
	}
	switch {
	case !cause.IsValid():
		return ctx, nil
	case now.Sub(at).Abs() > fresh:
		return ctx, []trace.SpanStartOption{trace.WithLinks(trace.Link{SpanContext: cause})}
	}
	return trace.ContextWithRemoteSpanContext(ctx, cause), nil
}

func read(stamp string) (trace.SpanContext, time.Time) {
	if len(stamp) > longestStamp {
		return trace.SpanContext{}, time.Time{}
	}
	parent, made, _ := strings.Cut(stamp, separator)
	at, err := time.Parse(timeFormat, made)
	if err != nil {
		return trace.SpanContext{}, time.Time{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{header: parent})
	return trace.SpanContextFromContext(ctx), at
}
