package cluster

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"

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
	cluster, err := r.hold(ctx, name, validate, options)
	if err != nil {
		return nil, false, err
	}
	if len(options.DryRun) > 0 {
		return cluster, false, nil
	}
	// What is held has another version than the caller knows; it was compared then.
	plain.Preconditions = &metav1.Preconditions{UID: &cluster.UID}
	return r.Store.Delete(ctx, name, store.RecordCascade(validate, options), plain)
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

// hold has the deletion of a cluster wait for the controller that sees to its
// tenants. What it refuses, it leaves as it was.
func (r *REST) hold(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (*v1alpha1.Cluster, error) {
	record := rest.DefaultUpdatedObjectInfo(nil, func(ctx context.Context, _, old runtime.Object) (runtime.Object, error) {
		if wanted := options.Preconditions; wanted != nil {
			if err := (&storage.Preconditions{UID: wanted.UID, ResourceVersion: wanted.ResourceVersion}).Check(name, old); err != nil {
				return nil, err
			}
		}
		if validate != nil {
			if err := validate(ctx, old.DeepCopyObject()); err != nil {
				return nil, err
			}
		}
		cluster := old.DeepCopyObject().(*v1alpha1.Cluster)
		store.SetFinalizer(cluster)
		return cluster, nil
	})
	updated, err := store.UpdatedInternally(ctx, r.Store, name, "clusters", record, options.DryRun...)
	if err != nil {
		return nil, err
	}
	return updated.(*v1alpha1.Cluster), nil
}
