package app

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/render"
)

// Plans is where deploys find the plan of a tenant and the policy sets that it brings.
type Plans struct{ Tenants, Plans, PolicySets rest.Getter }

// setsOf returns the policy sets that the app's tenant has by its plan, in the
// plan's order.
func (p Plans) setsOf(ctx context.Context, app *v1alpha1.App, tenant string) ([]render.PlanPolicySet, error) {
	ctx = genericapirequest.WithNamespace(ctx, "")
	obj, err := p.Tenants.Get(ctx, tenant, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	plan, err := p.applied(ctx, app, obj.(*v1alpha1.Tenant))
	if err != nil || plan == nil {
		return nil, err
	}
	sets := make([]render.PlanPolicySet, 0, len(plan.PolicySets))
	for i, name := range plan.PolicySets {
		obj, err := store.GetCached(ctx, p.PolicySets, name)
		if apierrors.IsNotFound(err) {
			at := field.NewPath("plans").Key(plan.Name).Child("policysets").Index(i)
			return nil, invalid(app, field.ErrorList{field.NotFound(at, name)})
		}
		if err != nil {
			return nil, err
		}
		set := obj.(*v1alpha1.CatalogPolicySet)
		sets = append(sets, render.PlanPolicySet{Plan: plan.Name, Set: v1alpha1.PolicySet{ObjectMeta: set.ObjectMeta, Spec: set.Spec.PolicySetSpec}})
	}
	return sets, nil
}

// applied returns the plan as the tenant has it. One that it was given a moment
// ago, and that no controller has applied yet, counts as it is now.
func (p Plans) applied(ctx context.Context, app *v1alpha1.App, tenant *v1alpha1.Tenant) (*v1alpha1.AppliedPlan, error) {
	wanted, has := tenant.Spec.Plan, tenant.Status.Plan
	if wanted == "" {
		return nil, nil
	}
	if has != nil && has.Name == wanted {
		return has, nil
	}
	obj, err := store.GetCached(ctx, p.Plans, wanted)
	if apierrors.IsNotFound(err) {
		return nil, invalid(app, field.ErrorList{field.NotFound(field.NewPath("plans"), wanted)})
	}
	if err != nil {
		return nil, err
	}
	return v1alpha1.AppliedPlanOf(obj.(*v1alpha1.Plan), has, metav1.Time{}), nil
}
