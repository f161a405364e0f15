package app

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// errCordoned is why nothing is brought to the namespaces of a cordoned tenant.
// What runs there goes on, and can be suspended.
var errCordoned = errors.New("the tenant is cordoned (spec.cordoned): nothing is deployed to it until that is lifted")

// requireOpen refuses what would bring something new to a cordoned tenant.
func (r *DeployREST) requireOpen(ctx context.Context, name string) error {
	namespace := genericapirequest.NamespaceValue(ctx)
	tenant, _, ok := v1alpha1.SplitNamespace(namespace)
	if !ok {
		return apierrors.NewNotFound(v1alpha1.Resource("apps"), name)
	}
	obj, err := r.plans.Tenants.Get(genericapirequest.WithNamespace(ctx, ""), tenant, &metav1.GetOptions{})
	if err != nil {
		return err
	}
	if obj.(*v1alpha1.Tenant).Spec.Cordoned {
		return apierrors.NewConflict(v1alpha1.Resource("apps"), name, errCordoned)
	}
	return nil
}
