package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// CapabilitiesREST serves clusters/capabilities: GET answers with the Cluster,
// whose status is what the cluster says of itself at that moment. Nothing of it
// is stored.
type CapabilitiesREST struct {
	clusters    *genericregistry.Store
	connections *connections.Pool
}

var _ rest.Getter = &CapabilitiesREST{}

// New implements rest.Storage.
func (*CapabilitiesREST) New() runtime.Object { return &v1alpha1.Cluster{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*CapabilitiesREST) Destroy() {}

// Get asks the cluster.
func (r *CapabilitiesREST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	obj, err := r.clusters.Get(ctx, name, options)
	if err != nil {
		return nil, err
	}
	cluster := obj.(*v1alpha1.Cluster).DeepCopy()
	connection, err := r.connections.Get(ctx, cluster)
	if err != nil {
		return nil, err
	}
	cluster.Status, err = connection.Status(ctx)
	return cluster, err
}
