// Package plan gives tenants the plans that they name, and carries changes of
// plans to them in steps.
package plan

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// IndexPlan finds tenants by the plans that they name or have.
const IndexPlan = "plan"

// Index adds the index to the cache.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &v1alpha1.Tenant{}, IndexPlan, plansOf); err != nil {
		return fmt.Errorf("indexing tenants by plan: %w", err)
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
