package app

import (
	"cmp"
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/render"
)

// Plans is where deploys find the plan of a tenant.
type Plans struct{ Tenants, Plans rest.Getter }

// setsOf returns the policy sets that the app's tenant has by its plan, in the
// plan's order, as they are at the revision of the plan that the tenant has.
func (p Plans) setsOf(ctx context.Context, app *v1alpha1.App, tenant string) ([]render.PlanPolicySet, error) {
	ctx = genericapirequest.WithNamespace(ctx, "")
	obj, err := p.Tenants.Get(ctx, tenant, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	owner := obj.(*v1alpha1.Tenant)
	name, revision := owner.Spec.Plan, ""
	if name == "" {
		return nil, nil
	}
	// One that was given a moment ago, and that no controller has applied yet,
	// counts as it is now.
	if has := owner.Status.Plan; has != nil && has.Name == name {
		revision = has.Revision
	}
	content, err := p.at(ctx, app, name, revision)
	if err != nil {
		return nil, err
	}
	sets := make([]render.PlanPolicySet, 0, len(content.PolicySets))
	for _, set := range content.PolicySets {
		sets = append(sets, render.PlanPolicySet{Plan: name, Set: v1alpha1.PolicySet{ObjectMeta: metav1.ObjectMeta{Name: set.Name}, Spec: set.Spec}})
	}
	return sets, nil
}

// at returns what a plan brings at a revision. A plan that no longer knows the
// revision brings what it brings now.
func (p Plans) at(ctx context.Context, app *v1alpha1.App, name, revision string) (*v1alpha1.PlanRevision, error) {
	plan, err := p.plan(ctx, app, name, store.GetCached)
	if err != nil {
		return nil, err
	}
	if content := plan.At(cmp.Or(revision, plan.Spec.Revision)); content != nil {
		return content, nil
	}
	// What is cached can be older than what the tenant has.
	if plan, err = p.plan(ctx, app, name, getLive); err != nil {
		return nil, err
	}
	content := cmp.Or(plan.At(revision), plan.At(plan.Spec.Revision))
	if content == nil {
		return nil, apierrors.NewServiceUnavailable("the rules of the plan " + name + " are not yet known; try again")
	}
	return content, nil
}

type getter func(ctx context.Context, from rest.Getter, name string) (runtime.Object, error)

func getLive(ctx context.Context, from rest.Getter, name string) (runtime.Object, error) {
	return from.Get(ctx, name, &metav1.GetOptions{})
}

func (p Plans) plan(ctx context.Context, app *v1alpha1.App, name string, get getter) (*v1alpha1.Plan, error) {
	obj, err := get(ctx, p.Plans, name)
	if apierrors.IsNotFound(err) {
		return nil, invalid(app, field.ErrorList{field.NotFound(field.NewPath("plans"), name)})
	}
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.Plan), nil
}
