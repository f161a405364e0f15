package cluster

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

func columns() store.Columns[*v1alpha1.Cluster] {
	return store.Columns[*v1alpha1.Cluster]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Connected", "Whether the cluster's API server answers."),
			store.Column("Tenancy", "Whether tenants can be placed on the cluster."),
			store.Column("Delivery", "Whether apps can be deployed to the cluster."),
			store.Column("Version", "Kubernetes version of the cluster."),
			store.WideColumn("Message", "What the Ready condition says."),
		},
		Cells: func(c *v1alpha1.Cluster) []any {
			return []any{
				store.ConditionStatus(c.Status.Conditions, v1alpha1.ClusterConnected),
				store.ConditionStatus(c.Status.Conditions, v1alpha1.ClusterTenancyReady),
				store.ConditionStatus(c.Status.Conditions, v1alpha1.ClusterAppDeliveryReady),
				c.Status.KubernetesVersion,
				store.ConditionMessage(c.Status.Conditions, v1alpha1.ConditionReady),
			}
		},
	}
}
