package catalog

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

func planColumns() store.Columns[*v1alpha1.Plan] {
	return store.Columns[*v1alpha1.Plan]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Quotas", "What all namespaces of a tenant may ask for."),
			store.NumberColumn("Tenants", "Tenants that have the plan."),
			store.NumberColumn("Updated", "Tenants that have its current revision."),
			store.Column("Rolled-out", "Whether all of them have it."),
			store.WideColumn("Policy-sets", "Policy sets of the catalog that the plan brings."),
			store.WideColumn("Message", "What the RolledOut condition says."),
		},
		Cells: func(p *v1alpha1.Plan) []any {
			return []any{
				amountsCell(p.Spec.Quotas),
				int64(p.Status.Tenants),
				int64(p.Status.UpdatedTenants),
				store.ConditionStatus(p.Status.Conditions, v1alpha1.PlanRolledOut),
				strings.Join(p.Spec.PolicySets, ","),
				store.ConditionMessage(p.Status.Conditions, v1alpha1.PlanRolledOut),
			}
		},
	}
}

func amountsCell(amounts v1alpha1.ResourceAmounts) string {
	parts := make([]string, 0, len(amounts))
	for name, amount := range amounts {
		parts = append(parts, name+"="+amount.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func policySetColumns() store.Columns[*v1alpha1.CatalogPolicySet] {
	return store.Columns[*v1alpha1.CatalogPolicySet]{
		Definitions: []metav1.TableColumnDefinition{
			store.NumberColumn("Rules", "Number of rules."),
			store.Column("Description", "What the policy set is for."),
		},
		Cells: func(p *v1alpha1.CatalogPolicySet) []any {
			return []any{int64(len(p.Spec.Rules)), p.Spec.Description}
		},
	}
}

func itemColumns() store.Columns[*v1alpha1.CatalogItem] {
	return store.Columns[*v1alpha1.CatalogItem]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Type", "What it can be used as."),
			store.NumberColumn("Clusters", "Clusters that offer it."),
			store.Column("Description", "What it is for."),
		},
		Cells: func(i *v1alpha1.CatalogItem) []any {
			return []any{string(i.Spec.Type), int64(len(i.Spec.Clusters)), i.Spec.Description}
		},
	}
}
