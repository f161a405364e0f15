package project

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

func columns() store.Columns[*v1alpha1.Project] {
	return store.Columns[*v1alpha1.Project]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Tenant", "Tenant that the project belongs to."),
			store.Column("Target-Namespace", "Namespace of the project on the tenant's cluster."),
			store.Column("Ready", "Whether the project is in effect on the cluster."),
			store.WideColumn("Message", "What the Ready condition says."),
		},
		Cells: func(p *v1alpha1.Project) []any {
			return []any{
				p.Labels[v1alpha1.LabelTenant],
				p.Status.Namespace,
				store.ConditionStatus(p.Status.Conditions, v1alpha1.ConditionReady),
				store.ConditionMessage(p.Status.Conditions, v1alpha1.ConditionReady),
			}
		},
	}
}
