package tenant

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

// Delete implements rest.GracefulDeleter. A tenant that is to be kept is a conflict.
// With the propagation policy Orphan, what it has on its cluster is let go of.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return r.Narrowed.Delete(ctx, name, store.RecordCascade(unlessKept(validate), options), store.WithoutPolicy(options))
}

// DeleteCollection implements rest.CollectionDeleter.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, list *internalversion.ListOptions) (runtime.Object, error) {
	return r.Narrowed.DeleteCollection(ctx, store.RecordCascade(unlessKept(validate), options), store.WithoutPolicy(options), list)
}

// unlessKept adds a check to what is asked before a tenant is deleted. It sees
// the tenant that is deleted, and not one that changes meanwhile.
func unlessKept(next rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return func(ctx context.Context, obj runtime.Object) error {
		if tenant, ok := obj.(*v1alpha1.Tenant); ok && tenant.Spec.PreventDeletion && tenant.DeletionTimestamp == nil {
			return apierrors.NewConflict(v1alpha1.Resource("tenants"), tenant.Name,
				errors.New("spec.preventDeletion is set; take it back first"))
		}
		if next == nil {
			return nil
		}
		return next(ctx, obj)
	}
}
