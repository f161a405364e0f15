package apiserver

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/component-base/tracing"

	"github.com/kubenova/kubenova/pkg/inprocess"
)

// Trace has a tracer record the spans of the server and of its calls to etcd, unless it
// is nil. It comes before storage is applied; the server ends the tracer.
func (c *Config) Trace(tracer tracing.TracerProvider, storage *storagebackend.Config) {
	if tracer == nil {
		return
	}
	c.traced = true
	c.Generic.TracerProvider = tracer
	storage.Transport.TracerProvider = tracer
}

// withTracing makes a span of each request of the REST door, as the native API does:
// of the header of a caller who is not privileged it makes a link.
func withTracing(handler http.Handler, tracer trace.TracerProvider) http.Handler {
	return genericapifilters.WithTracing(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		// Whatever a caller wrote into the query is told to nobody.
		trace.SpanFromContext(req.Context()).SetAttributes(attribute.String("http.target", req.URL.EscapedPath()))
		handler.ServeHTTP(w, req)
	}), tracer)
}

// goOnInProcess has requests that are made in process go on with the trace of what makes
// them. The chain would begin another one for each caller who is not privileged.
func goOnInProcess(generic *genericapiserver.Config) *genericapiserver.Config {
	chain := *generic
	chain.TracerProvider = goingOn{generic.TracerProvider}
	return &chain
}

type goingOn struct{ tracing.TracerProvider }

// Tracer implements trace.TracerProvider.
func (g goingOn) Tracer(name string, options ...trace.TracerOption) trace.Tracer {
	return goingOnTracer{g.TracerProvider.Tracer(name, options...)}
}

type goingOnTracer struct{ trace.Tracer }

// Start implements trace.Tracer. Nothing that came over a network is in a context of
// this process before its span was begun, but for headers, which are remote.
func (g goingOnTracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	outer := trace.SpanContextFromContext(ctx)
	if outer.IsValid() && !outer.IsRemote() && inprocess.DoorOf(ctx) != inprocess.DoorNative {
		options = withoutNewRoot(options)
	}
	return g.Tracer.Start(ctx, name, options...)
}

func withoutNewRoot(options []trace.SpanStartOption) []trace.SpanStartOption {
	config := trace.NewSpanStartConfig(options...)
	return []trace.SpanStartOption{
		trace.WithAttributes(config.Attributes()...), trace.WithLinks(config.Links()...),
		trace.WithSpanKind(config.SpanKind()), trace.WithTimestamp(config.Timestamp()),
	}
}
