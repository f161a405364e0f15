package cluster

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Delete implements rest.GracefulDeleter. The propagation policy says what becomes
// of the cluster's tenants: see v1alpha1.CascadeOf. A deletion that waits for
// tenants can be asked for once more with Orphan, and then waits no longer for the
// cluster.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	if options == nil {
		options = &metav1.DeleteOptions{}
	}
	cascade := v1alpha1.CascadeOf(options)
	plain := store.WithoutPolicy(options)
	if cascade == v1alpha1.CascadeNone {
		return r.Store.Delete(ctx, name, validate, plain)
	}
	cluster, err := r.recordCascade(ctx, name, cascade, validate, options)
	if err != nil {
		return nil, false, err
	}
	if len(options.DryRun) > 0 {
		return cluster, false, nil
	}
	// What was recorded has another version than the caller knows; it was compared then.
	plain.Preconditions = &metav1.Preconditions{UID: &cluster.UID}
	return r.Store.Delete(ctx, name, validate, plain)
}

// DeleteCollection implements rest.CollectionDeleter. Tenants go along with
// clusters that are named one by one.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, list *internalversion.ListOptions) (runtime.Object, error) {
	if options == nil {
		options = &metav1.DeleteOptions{}
	}
	if v1alpha1.CascadeOf(options) != v1alpha1.CascadeNone {
		return nil, apierrors.NewBadRequest("propagationPolicy: delete clusters one by one for it to hold for their tenants")
	}
	return r.Store.DeleteCollection(ctx, validate, store.WithoutPolicy(options), list)
}

// recordCascade keeps with the cluster what its deletion is to do to its tenants,
// and has it wait for the controller that does it.
func (r *REST) recordCascade(ctx context.Context, name string, cascade v1alpha1.Cascade, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (*v1alpha1.Cluster, error) {
	record := rest.DefaultUpdatedObjectInfo(nil, func(ctx context.Context, _, old runtime.Object) (runtime.Object, error) {
		cluster := old.DeepCopyObject().(*v1alpha1.Cluster)
		if err := checkPreconditions(cluster, options.Preconditions); err != nil {
			return nil, err
		}
		if validate != nil {
			if err := validate(ctx, old.DeepCopyObject()); err != nil {
				return nil, err
			}
		}
		store.SetFinalizer(cluster)
		// Tenants that were let go of cannot be deleted any more.
		if v1alpha1.CascadeRecorded(cluster) != v1alpha1.CascadeOrphan {
			metav1.SetMetaDataAnnotation(&cluster.ObjectMeta, v1alpha1.AnnotationCascade, string(cascade))
		}
		return cluster, nil
	})
	updated, err := store.UpdatedInternally(ctx, r.Store, name, "clusters", record, options.DryRun...)
	if err != nil {
		return nil, err
	}
	return updated.(*v1alpha1.Cluster), nil
}

func checkPreconditions(cluster *v1alpha1.Cluster, wanted *metav1.Preconditions) error {
	if wanted == nil {
		return nil
	}
	if wanted.UID != nil && *wanted.UID != cluster.UID {
		return apierrors.NewConflict(v1alpha1.Resource("clusters"), cluster.Name, store.ErrRecreated)
	}
	if wanted.ResourceVersion != nil && *wanted.ResourceVersion != cluster.ResourceVersion {
		return apierrors.NewConflict(v1alpha1.Resource("clusters"), cluster.Name, errors.New("the object has been modified"))
	}
	return nil
}
