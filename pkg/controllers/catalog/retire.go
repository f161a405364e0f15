package catalog

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/plan"
)

// retirePlan marks a plan that the files no longer have, so that no tenant can
// get it, and says whether it can go: no tenant has it.
func (r *Reconciler) retirePlan(ctx context.Context, p *v1alpha1.Plan) (bool, error) {
	if !p.Spec.Retired {
		p.Spec.Retired = true
		return false, r.Client.Update(ctx, p)
	}
	used, err := r.used(ctx, plan.IndexPlan, p.Name)
	return !used, err
}

// retirePolicySet marks a policy set that the files no longer have, and says
// whether it can go: no tenant has it by its plan as it was applied, and no plan
// names it any longer.
func (r *Reconciler) retirePolicySet(ctx context.Context, p *v1alpha1.CatalogPolicySet) (bool, error) {
	if !p.Spec.Retired {
		p.Spec.Retired = true
		return false, r.Client.Update(ctx, p)
	}
	var plans v1alpha1.PlanList
	if err := r.Client.List(ctx, &plans, client.MatchingFields{plan.IndexPolicySets: p.Name}, client.Limit(1)); err != nil {
		return false, fmt.Errorf("listing the plans with policy set %s: %w", p.Name, err)
	}
	if len(plans.Items) > 0 {
		return false, nil
	}
	used, err := r.used(ctx, plan.IndexPolicySets, p.Name)
	return !used, err
}

// used says whether a tenant is found in an index.
func (r *Reconciler) used(ctx context.Context, index, value string) (bool, error) {
	var tenants v1alpha1.TenantList
	if err := r.Client.List(ctx, &tenants, client.MatchingFields{index: value}, client.Limit(1)); err != nil {
		return false, fmt.Errorf("listing tenants by %s: %w", index, err)
	}
	return len(tenants.Items) > 0, nil
}
