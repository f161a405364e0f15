// Package plan gives tenants the plans that they name, and carries changes of
// plans to them in steps.
package plan

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Indexes of the cache.
const (
	// IndexPlan finds tenants by the plans that they name or have.
	IndexPlan = "plan"
	// IndexPolicySets finds tenants by the policy sets of the plans that were
	// applied to them, and plans by those that they name.
	IndexPolicySets = "policySets"
)

// Index adds the indexes to the cache.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	err := errors.Join(
		indexer.IndexField(ctx, &v1alpha1.Tenant{}, IndexPlan, plansOf),
		indexer.IndexField(ctx, &v1alpha1.Tenant{}, IndexPolicySets, policySetsOf),
		indexer.IndexField(ctx, &v1alpha1.Plan{}, IndexPolicySets, namedBy),
	)
	if err != nil {
		return fmt.Errorf("indexing tenants and plans: %w", err)
	}
	return nil
}

// plansOf returns the plan that a tenant names and the one that it has, which
// differ for a moment only.
func plansOf(object client.Object) (names []string) {
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok {
		return nil
	}
	if tenant.Spec.Plan != "" {
		names = append(names, tenant.Spec.Plan)
	}
	if applied := tenant.Status.Plan; applied != nil && applied.Name != tenant.Spec.Plan {
		names = append(names, applied.Name)
	}
	return names
}

func policySetsOf(object client.Object) []string {
	if tenant, ok := object.(*v1alpha1.Tenant); ok && tenant.Status.Plan != nil {
		return tenant.Status.Plan.PolicySets
	}
	return nil
}

func namedBy(object client.Object) []string {
	if plan, ok := object.(*v1alpha1.Plan); ok {
		return plan.Spec.PolicySets
	}
	return nil
}
