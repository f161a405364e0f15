package store

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// RecordCascade keeps with an object that is deleted what its deletion does to
// what it has on its cluster, for its controller. It is recorded where the
// deletion itself is written, so that there is never one without the other. Who
// asks for orphan once is not asked again: a deletion that waits for a cluster
// can be asked for once more with orphan, and what was let go of stays so.
func RecordCascade(next rest.ValidateObjectFunc, options *metav1.DeleteOptions) rest.ValidateObjectFunc {
	orphan := options != nil && v1alpha1.CascadeOf(options) == v1alpha1.CascadeOrphan
	return func(ctx context.Context, obj runtime.Object) error {
		if next != nil {
			if err := next(ctx, obj); err != nil {
				return err
			}
		}
		object, ok := obj.(metav1.Object)
		if !ok || !slices.Contains(object.GetFinalizers(), v1alpha1.FinalizerCleanup) {
			return nil
		}
		switch annotations := object.GetAnnotations(); {
		case orphan:
			if annotations == nil {
				annotations = map[string]string{}
			}
			annotations[v1alpha1.AnnotationCascade] = string(v1alpha1.CascadeOrphan)
			object.SetAnnotations(annotations)
		case object.GetDeletionTimestamp() == nil:
			delete(annotations, v1alpha1.AnnotationCascade)
		}
		return nil
	}
}

// KeepCascade keeps what an object that is being deleted has recorded of its
// deletion, whatever an update says of it.
func KeepCascade(updated, stored metav1.Object) {
	recorded, ok := stored.GetAnnotations()[v1alpha1.AnnotationCascade]
	if !ok || stored.GetDeletionTimestamp() == nil {
		return
	}
	annotations := updated.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[v1alpha1.AnnotationCascade] = recorded
	updated.SetAnnotations(annotations)
}

// WithoutPolicy keeps the store from adding finalizers of the garbage collector,
// which knows nothing of clusters and is not there in standalone.
func WithoutPolicy(options *metav1.DeleteOptions) *metav1.DeleteOptions {
	if options == nil {
		return nil
	}
	out := options.DeepCopy()
	background := metav1.DeletePropagationBackground
	out.OrphanDependents, out.PropagationPolicy = nil, &background //nolint:staticcheck // clients may still send it
	return out
}
