package plan

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Applier records plans in the status of tenants. From there the quotas are
// carried to the cluster and the policy sets merged into deploys: one write
// applies both.
type Applier struct {
	Client client.Client
	Events base.Recorder
}

// Assign gives a tenant the plan that it names, if it has another one: who names
// another plan wants it now. Changes of a plan that a tenant has already come by a
// rollout. A plan that does not exist is Blocked, and the tenant stays as it is.
// The tenant is afterwards as it was written; one that has changed meanwhile is a
// conflict.
func (a Applier) Assign(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if has(tenant, tenant.Spec.Plan) {
		return nil
	}
	if tenant.Spec.Plan == "" {
		return a.apply(ctx, tenant, nil)
	}
	var plan v1alpha1.Plan
	err := a.Client.Get(ctx, client.ObjectKey{Name: tenant.Spec.Plan}, &plan)
	if apierrors.IsNotFound(err) {
		return &base.Blocked{
			Reason: "PlanNotFound", Recheck: base.Recheck,
			Message: "There is no plan " + tenant.Spec.Plan + "; until there is, the tenant stays on its cluster as it is.",
		}
	}
	if err != nil {
		return fmt.Errorf("reading the plan %s: %w", tenant.Spec.Plan, err)
	}
	return a.apply(ctx, tenant, &plan)
}

// apply records a plan, or that there is none.
func (a Applier) apply(ctx context.Context, tenant *v1alpha1.Tenant, plan *v1alpha1.Plan) error {
	after, had := tenant.DeepCopy(), tenant.Status.Plan
	after.Status.Plan = nil
	if plan != nil {
		after.Status.Plan = v1alpha1.AppliedPlanOf(plan, had, metav1.Now())
	}
	patch := client.MergeFromWithOptions(tenant.DeepCopy(), client.MergeFromWithOptimisticLock{})
	if err := a.Client.Status().Patch(ctx, after, patch); err != nil {
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return err
		}
		return fmt.Errorf("applying a plan to the tenant %s: %w", tenant.Name, err)
	}
	a.Events.Done(after, "ApplyPlan", "PlanApplied", "The plan is %s; it was %s.", title(after.Status.Plan), title(had))
	after.DeepCopyInto(tenant)
	return nil
}

func title(plan *v1alpha1.AppliedPlan) string {
	if plan == nil {
		return "none"
	}
	return plan.Name + " at revision " + plan.Revision
}

// has says whether a plan of that name was applied to a tenant; none has no name.
func has(tenant *v1alpha1.Tenant, plan string) bool {
	if tenant.Status.Plan == nil {
		return plan == ""
	}
	return tenant.Status.Plan.Name == plan
}
