package traces_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/kubenova/kubenova/pkg/traces"
)

const traceID = "4bf92f3577b34da6a3ce929d0e0e4736"

func recorder() (trace.Tracer, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	return sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)).Tracer("test"), spans
}

func TestStampNamesARecordedSpan(t *testing.T) {
	tracer, _ := recorder()
	now := time.Date(2026, 12, 1, 15, 3, 27, 5e6, time.UTC)
	ctx, span := tracer.Start(t.Context(), "request")
	want := fmt.Sprintf("00-%s-%s-01@2026-12-01T15:03:27.005Z", span.SpanContext().TraceID(), span.SpanContext().SpanID())
	if got := traces.Stamp(ctx, now); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	span.End()
	// A caller's header, where nothing is recorded.
	caller, _ := traces.Continue(t.Context(), now, want)
	caller, _ = noop.NewTracerProvider().Tracer("test").Start(caller, "request")
	for name, ctx := range map[string]context.Context{"no span": t.Context(), "a caller's": caller} {
		if got := traces.Stamp(ctx, now); got != "" {
			t.Errorf("%s is kept: %q", name, got)
		}
	}
}

func TestContinue(t *testing.T) {
	now := time.Date(2026, 12, 1, 15, 3, 27, 0, time.UTC)
	at := func(id string, before time.Duration) string {
		return "00-" + id + "-00f067aa0ba902b7-01@" + now.Add(-before).Format("2006-01-02T15:04:05.000Z07:00")
	}
	other := strings.Repeat("ab", 16)
	for name, test := range map[string]struct {
		stamps       []string
		parent, link string
	}{
		"none":         {},
		"empty":        {stamps: []string{""}},
		"fresh":        {stamps: []string{at(traceID, time.Second)}, parent: traceID},
		"the newest":   {stamps: []string{at(other, 2*time.Second), at(traceID, time.Second), at(other, time.Minute)}, parent: traceID},
		"old":          {stamps: []string{at(traceID, time.Hour)}, link: traceID},
		"of a clock":   {stamps: []string{at(traceID, -time.Second)}, parent: traceID},
		"of no clock":  {stamps: []string{at(traceID, -time.Hour)}, link: traceID},
		"without time": {stamps: []string{"00-" + traceID + "-00f067aa0ba902b7-01"}},
		"no trace":     {stamps: []string{at(strings.Repeat("0", 32), 0)}},
		"something":    {stamps: []string{"@" + now.Format(time.RFC3339), "x@y", at("<script>", 0)}},
		"too long":     {stamps: []string{at(traceID, 0) + strings.Repeat(" ", 100)}},
	} {
		ctx, options := traces.Continue(t.Context(), now, test.stamps...)
		var parent, link string
		if span := trace.SpanContextFromContext(ctx); span.IsValid() {
			parent = span.TraceID().String()
		}
		started := trace.NewSpanStartConfig(options...)
		for _, l := range started.Links() {
			link = l.SpanContext.TraceID().String()
		}
		if parent != test.parent || link != test.link {
			t.Errorf("%s: the parent is %q, the link %q", name, parent, link)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

func TestTransportTellsOfRequestsWithinSpans(t *testing.T) {
	tracer, spans := recorder()
	var parents []string
	next := traces.Transport(transport(func(request *http.Request) (*http.Response, error) {
		parents = append(parents, request.Header.Get("Traceparent"))
		if request.Method == http.MethodPatch {
			return nil, errors.New("dial tcp 192.0.2.7:6443: canary")
		}
		return &http.Response{StatusCode: http.StatusConflict, Body: http.NoBody}, nil
	}))
	send := func(ctx context.Context, method string) {
		request, err := http.NewRequestWithContext(ctx, method, "https://canary.example.com/apis/x?token=canary", strings.NewReader("canary"))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer canary")
		if response, err := next.RoundTrip(request); err == nil {
			_ = response.Body.Close()
		}
		if request.Header.Get("Traceparent") != "" {
			t.Error("the caller's request was changed")
		}
	}
	send(t.Context(), http.MethodGet)
	if len(spans.Started()) != 0 || parents[0] != "" {
		t.Errorf("outside of a span there are %d, and the server is told of %q", len(spans.Started()), parents[0])
	}
	ctx, span := tracer.Start(t.Context(), "reconcile")
	send(ctx, http.MethodGet)
	send(ctx, http.MethodPatch)
	span.End()
	ended := spans.Ended()
	if len(ended) != 3 {
		t.Fatalf("%d spans", len(ended))
	}
	for i, name := range []string{"request GET", "request PATCH"} {
		id := ended[i].SpanContext().SpanID().String()
		if ended[i].Name() != name || ended[i].Parent().SpanID() != span.SpanContext().SpanID() || !strings.Contains(parents[i+1], id) {
			t.Errorf("%s of %v, of which the server was told %q", ended[i].Name(), ended[i].Parent(), parents[i+1])
		}
	}
	if text := fmt.Sprintf("%+v", tracetest.SpanStubsFromReadOnlySpans(ended)); strings.Contains(text, "canary") || strings.Contains(text, "192.0.2.7") {
		t.Errorf("the spans tell more than they should: %s", text)
	}
}
