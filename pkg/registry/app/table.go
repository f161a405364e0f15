package app

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

func columns() store.Columns[*v1alpha1.App] {
	return store.Columns[*v1alpha1.App]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Phase", "What the app is doing."),
			store.Column("Healthy", "Whether every component is healthy."),
			store.NumberColumn("Revision", "Revision that was last carried to the cluster."),
			store.WideColumn("Message", "What the Ready condition says."),
		},
		Cells: func(a *v1alpha1.App) []any {
			return []any{
				string(a.Status.Phase),
				store.ConditionStatus(a.Status.Conditions, v1alpha1.ConditionHealthy),
				a.Status.Revision,
				store.ConditionMessage(a.Status.Conditions, v1alpha1.ConditionReady),
			}
		},
	}
}
