package apiserver_test

import (
	"strings"
	"sync/atomic"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// sampler records every trace while it is on.
type sampler struct{ on atomic.Bool }

// ShouldSample implements sdktrace.Sampler.
func (s *sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if s.on.Load() {
		return sdktrace.AlwaysSample().ShouldSample(p)
	}
	return sdktrace.NeverSample().ShouldSample(p)
}

// Description implements sdktrace.Sampler.
func (*sampler) Description() string { return "switched by a test" }

// TestTraceOfAnObject says when an object's trace changes, and that nobody but the
// server has a say in it.
func TestTraceOfAnObject(t *testing.T) {
	var sampled sampler
	sampled.on.Store(true)
	spans := tracetest.NewSpanRecorder()
	server := testserver.Start(t, func(o *standalone.Options) {
		o.Tracer = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(&sampled))
	})
	const forged = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01@2026-01-01T00:00:00.000Z"
	ctx, clusters := t.Context(), server.Client.KubenovaV1alpha1().Clusters()
	must := func(c *v1alpha1.Cluster, err error) *v1alpha1.Cluster {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	stamp := func(c *v1alpha1.Cluster) string { return c.Annotations[v1alpha1.AnnotationTrace] }

	made := must(clusters.Create(ctx, &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{
		Name: "dev", Annotations: map[string]string{v1alpha1.AnnotationTrace: forged}, Finalizers: []string{"example.com/wait"},
	}}, metav1.CreateOptions{FieldManager: "forger"}))
	first := stamp(made)
	known := false
	for _, span := range spans.Started() {
		known = known || strings.Contains(first, span.SpanContext().SpanID().String()) && strings.Contains(first, span.SpanContext().TraceID().String())
	}
	if !known {
		t.Fatalf("the cluster was made with %q, which is no span of the server", first)
	}

	// What changes nothing writes nothing, whatever it says of traces.
	again := made.DeepCopy()
	again.Annotations[v1alpha1.AnnotationTrace] = forged
	apply := []byte(`{"apiVersion":"kubenova.io/v1alpha1","kind":"Cluster","metadata":{"name":"dev","annotations":{"note":"a","` + v1alpha1.AnnotationTrace + `":"` + forged + `"}}}`)
	updated := must(clusters.Update(ctx, again, metav1.UpdateOptions{FieldManager: "forger"}))
	if updated.ResourceVersion != made.ResourceVersion || stamp(updated) != first {
		t.Errorf("an update that changes nothing made version %s of %s, with %q", updated.ResourceVersion, made.ResourceVersion, stamp(updated))
	}
	applied := must(clusters.Patch(ctx, "dev", types.ApplyPatchType, apply, metav1.PatchOptions{FieldManager: "gitops"}))
	if stamp(applied) == first || stamp(applied) == forged || applied.Generation != made.Generation {
		t.Errorf("a change of annotations left %q and generation %d", stamp(applied), applied.Generation)
	}
	same := must(clusters.Patch(ctx, "dev", types.ApplyPatchType, apply, metav1.PatchOptions{FieldManager: "gitops"}))
	if same.ResourceVersion != applied.ResourceVersion {
		t.Errorf("what is applied once more is written: version %s after %s", same.ResourceVersion, applied.ResourceVersion)
	}
	for _, owner := range same.ManagedFields {
		if owner.Manager == "gitops" && strings.Contains(owner.FieldsV1.GetRawString(), v1alpha1.AnnotationTrace) {
			t.Errorf("%s owns the trace: %s", owner.Manager, owner.FieldsV1.GetRawString())
		}
	}
	dry := same.DeepCopy()
	dry.Annotations["note"] = "b"
	must(clusters.Update(ctx, dry, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}))
	if after := must(clusters.Get(ctx, "dev", metav1.GetOptions{})); after.ResourceVersion != same.ResourceVersion {
		t.Error("a dry run wrote")
	}

	// A change that is not recorded does not keep the trace of another.
	sampled.on.Store(false)
	if unsampled := must(clusters.Update(ctx, dry, metav1.UpdateOptions{})); stamp(unsampled) != "" {
		t.Errorf("after a change that is not recorded there is %q", stamp(unsampled))
	}
	sampled.on.Store(true)
	if err := clusters.Delete(ctx, "dev", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	deleted := must(clusters.Get(ctx, "dev", metav1.GetOptions{}))
	if deleted.DeletionTimestamp == nil || stamp(deleted) == "" {
		t.Errorf("a deletion leaves %q", stamp(deleted))
	}
}
