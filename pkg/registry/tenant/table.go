package tenant

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

func columns() store.Columns[*v1alpha1.Tenant] {
	return store.Columns[*v1alpha1.Tenant]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Cluster", "Cluster that the tenant lives on."),
			store.Column("Owners", "Who owns the tenant."),
			store.WideColumn("Plan", "Plan that the tenant has, and the revision of it."),
			store.NumberColumn("Namespaces", "Namespaces of the tenant on its cluster."),
			store.Column("Ready", "Whether the tenant is in effect on its cluster."),
			store.WideColumn("Message", "What the Ready condition says."),
		},
		Cells: func(t *v1alpha1.Tenant) []any {
			return []any{
				t.Spec.ClusterRef.Name,
				ownersCell(t.Spec.Owners),
				planCell(t.Status.Plan),
				int64(t.Status.Namespaces),
				store.ConditionStatus(t.Status.Conditions, v1alpha1.ConditionReady),
				store.ConditionMessage(t.Status.Conditions, v1alpha1.ConditionReady),
			}
		},
	}
}

func planCell(plan *v1alpha1.AppliedPlan) string {
	if plan == nil {
		return "<none>"
	}
	return plan.Name + "@" + plan.Revision
}

func ownersCell(owners []v1alpha1.Subject) string {
	switch len(owners) {
	case 0:
		return "<none>"
	case 1:
		return owners[0].Name
	default:
		return fmt.Sprintf("%s + %d more", owners[0].Name, len(owners)-1)
	}
}
