package traces

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope names in spans what made them.
const scope = "github.com/kubenova/kubenova"

// Transport makes a span of each request that is sent within a recorded one, until the
// headers of its answer, and tells the server which span that is. Method, path, status
// and the attributes are all that it says: no address, query, header or body.
func Transport(next http.RoundTripper, attributes ...attribute.KeyValue) http.RoundTripper {
	return &transport{next: next, attributes: attributes}
}

type transport struct {
	next       http.RoundTripper
	attributes []attribute.KeyValue
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	outer := trace.SpanFromContext(request.Context())
	if !outer.IsRecording() {
		return t.next.RoundTrip(request)
	}
	ctx, span := outer.TracerProvider().Tracer(scope).Start(request.Context(), "request "+request.Method,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(t.attributes...),
		trace.WithAttributes(attribute.String("http.request.method", request.Method), attribute.String("url.path", request.URL.Path)))
	defer span.End()
	request = request.Clone(ctx)
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(ctx, span.SpanContext().WithTraceState(trace.TraceState{})),
		propagation.HeaderCarrier(request.Header))
	response, err := t.next.RoundTrip(request)
	if err != nil {
		// What went wrong has addresses in it; the log and conditions tell.
		span.SetStatus(codes.Error, "no answer")
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	if response.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	return response, nil
}

// WrappedRoundTripper lets client-go find the pool behind.
func (t *transport) WrappedRoundTripper() http.RoundTripper { return t.next }
