package store

import (
	"context"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/traces"
)

// Traced has objects say by v1alpha1.AnnotationTrace which request changed them last,
// if its trace is recorded. A strategy does it and not admission, so that
// the fields are nobody's for server-side apply.
func Traced(s Strategy) Strategy { return traced{s} }

type traced struct{ Strategy }

var _ rest.RESTGracefulDeleteStrategy = traced{}

// PrepareForCreate implements rest.RESTCreateStrategy.
func (t traced) PrepareForCreate(ctx context.Context, obj runtime.Object) {
	t.Strategy.PrepareForCreate(ctx, obj)
	setTrace(obj.(Object), traces.Stamp(ctx, time.Now()))
}

// PrepareForUpdate implements rest.RESTUpdateStrategy. What changes nothing else leaves
// the trace as it is, and so writes nothing.
func (t traced) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	t.Strategy.PrepareForUpdate(ctx, obj, old)
	updated, stored := obj.(Object), old.(Object)
	before, now := stored.GetAnnotations()[v1alpha1.AnnotationTrace], traces.Stamp(ctx, time.Now())
	setTrace(updated, before)
	if before != now && differs(updated, stored) {
		setTrace(updated, now)
	}
}

// CheckGracefulDelete implements rest.RESTGracefulDeleteStrategy. It is asked with the
// object that is written when a deletion begins, and no deletion takes its time.
func (traced) CheckGracefulDelete(ctx context.Context, obj runtime.Object, options *metav1.DeleteOptions) bool {
	if len(options.DryRun) == 0 {
		setTrace(obj.(Object), traces.Stamp(ctx, time.Now()))
	}
	return false
}

// GetResetFields implements rest.ResetFieldsStrategy: nobody owns the annotation.
func (t traced) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	out := t.Strategy.GetResetFields()
	for version, set := range out {
		out[version] = set.Union(fieldpath.NewSet(fieldpath.MakePathOrDie("metadata", "annotations", v1alpha1.AnnotationTrace)))
	}
	return out
}

// differs says whether an update changes more than who owns which field.
func differs(updated, stored Object) bool {
	updated = updated.DeepCopyObject().(Object)
	// What the store puts in after the strategy.
	updated.GetObjectKind().SetGroupVersionKind(stored.GetObjectKind().GroupVersionKind())
	updated.SetResourceVersion(stored.GetResourceVersion())
	updated.SetUID(stored.GetUID())
	updated.SetCreationTimestamp(stored.GetCreationTimestamp())
	updated.SetDeletionTimestamp(stored.GetDeletionTimestamp())
	updated.SetDeletionGracePeriodSeconds(stored.GetDeletionGracePeriodSeconds())
	updated.SetManagedFields(stored.GetManagedFields())
	return !apiequality.Semantic.DeepEqual(updated, stored)
}

func setTrace(object metav1.Object, stamp string) {
	annotations := object.GetAnnotations()
	if stamp == "" {
		delete(annotations, v1alpha1.AnnotationTrace)
		return
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.AnnotationTrace] = stamp
	object.SetAnnotations(annotations)
}
