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
)

// Delete implements rest.GracefulDeleter. A tenant that is to be kept is a conflict.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return r.Narrowed.Delete(ctx, name, unlessKept(validate), options)
}

// DeleteCollection implements rest.CollectionDeleter.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions, list *internalversion.ListOptions) (runtime.Object, error) {
	return r.Narrowed.DeleteCollection(ctx, unlessKept(validate), options, list)
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
