// Package cluster stores registered clusters, and apart from them their credentials.
package cluster

import (
	"net/netip"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Storage serves the paths of clusters.
type Storage struct {
	Cluster    *REST
	Status     *store.StatusREST
	Kubeconfig *KubeconfigREST
	Bootstrap  *BootstrapREST
	// Capabilities asks the cluster itself.
	Capabilities *CapabilitiesREST
	Proxy        *ProxyREST
	// Connections reach clusters with what Kubeconfig stores.
	Connections *connections.Pool
}

// REST serves clusters themselves.
type REST struct {
	*genericregistry.Store
	connections *connections.Pool
}

// NewStorage returns the storage of clusters, which may have the addresses that
// are allowed.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, allowed []netip.Prefix) (Storage, error) {
	main := newStrategy(scheme)
	s, err := store.New(store.Resource[*v1alpha1.Cluster]{
		Plural: "clusters", Singular: "cluster",
		New:      func() *v1alpha1.Cluster { return &v1alpha1.Cluster{} },
		NewList:  func() runtime.Object { return &v1alpha1.ClusterList{} },
		Strategy: store.Traced(main),
		Columns:  columns(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	credentials, err := newCredentials(scheme, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	pool := connections.NewPool(credentials, allowed)
	s.AfterDelete = func(obj runtime.Object, options *metav1.DeleteOptions) {
		credentials.afterClusterDelete(obj, options)
		pool.Forget(obj.(*v1alpha1.Cluster))
	}
	return Storage{
		Cluster:    &REST{s, pool},
		Status:     store.NewStatusREST(s, newStatusStrategy(main)),
		Kubeconfig: newKubeconfigREST(s, main, credentials),
		Bootstrap:  newBootstrapREST(s, clock.RealClock{}),

		Capabilities: &CapabilitiesREST{clusters: s, connections: pool},
		Proxy:        &ProxyREST{clusters: s, connections: pool},
		Connections:  pool,
	}, nil
}

// Destroy implements rest.Storage.
func (r *REST) Destroy() {
	r.connections.Close()
	r.Store.Destroy()
}

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"knc"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
