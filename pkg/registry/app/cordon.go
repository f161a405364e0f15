package app

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

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
		return r.unlessGone(ctx, name, apierrors.NewConflict(v1alpha1.Resource("apps"), name, parents.ErrCordoned))
	}
	return nil
}
