package base

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/traces"
)

// Stamps returns what objects say of the traces that a reconciliation may belong to, as
// traces.Continue reads it.
type Stamps func(context.Context, reconcile.Request) []string

// Traced makes a span of each reconciliation by the controller of a name, which goes on
// with the trace of what changed the object last, if there are stamps of it. A nil tracer
// records nothing.
func Traced(tracer trace.TracerProvider, name string, stamps Stamps, next reconcile.Reconciler) reconcile.Reconciler {
	if tracer == nil {
		return next
	}
	return &traced{tracer: tracer.Tracer("github.com/kubenova/kubenova/pkg/controllers"), name: name, stamps: stamps, next: next}
}

// StampOf reads the stamp of the object itself from a cache. The object is one of its kind.
func StampOf(cached client.Reader, kind client.Object) Stamps {
	return func(ctx context.Context, request reconcile.Request) []string {
		object := kind.DeepCopyObject().(client.Object)
		if err := cached.Get(ctx, request.NamespacedName, object); err != nil {
			return nil // the reconciler reads it as well, and says so
		}
		return []string{object.GetAnnotations()[v1alpha1.AnnotationTrace]}
	}
}

type traced struct {
	tracer trace.Tracer
	name   string
	stamps Stamps
	next   reconcile.Reconciler
}

// Reconcile implements reconcile.Reconciler.
func (t *traced) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var options []trace.SpanStartOption
	if t.stamps != nil {
		ctx, options = traces.Continue(ctx, time.Now(), t.stamps(ctx, request)...)
	}
	ctx, span := t.tracer.Start(ctx, "reconcile "+t.name, append(options, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("kubenova.controller", t.name), attribute.String("kubenova.object.namespace", request.Namespace),
		attribute.String("kubenova.object.name", request.Name)))...)
	defer span.End()
	if span.IsRecording() {
		ctx = log.IntoContext(ctx, log.FromContext(ctx).WithValues("traceID", span.SpanContext().TraceID().String()))
	}
	result, err := t.next.Reconcile(ctx, request)
	span.SetAttributes(attribute.String("kubenova.result", outcome(result, err)))
	if err != nil {
		span.SetStatus(codes.Error, "") // the log and conditions say what it was
	}
	return result, err
}

func outcome(result reconcile.Result, err error) string {
	switch {
	case err != nil:
		return "failed"
	case result.RequeueAfter > 0:
		return "again later"
	}
	return "done"
}
