// Package cluster stores registered clusters, and apart from them their credentials.
package cluster

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Storage serves the paths of clusters.
type Storage struct {
	Cluster    *REST
	Status     *store.StatusREST
	Kubeconfig *KubeconfigREST
	Bootstrap  *BootstrapREST
}

// REST serves clusters themselves.
type REST struct{ *genericregistry.Store }

// NewStorage returns the storage of clusters.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (Storage, error) {
	main := newStrategy(scheme)
	s, err := store.New(store.Resource[*v1alpha1.Cluster]{
		Plural: "clusters", Singular: "cluster",
		New:      func() *v1alpha1.Cluster { return &v1alpha1.Cluster{} },
		NewList:  func() runtime.Object { return &v1alpha1.ClusterList{} },
		Strategy: main,
		Columns:  columns(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	credentials, err := newCredentials(scheme, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	s.AfterDelete = credentials.afterClusterDelete
	return Storage{
		Cluster:    &REST{s},
		Status:     store.NewStatusREST(s, newStatusStrategy(main)),
		Kubeconfig: newKubeconfigREST(s, main, credentials),
		Bootstrap:  newBootstrapREST(s, clock.RealClock{}),
	}, nil
}

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"knc"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
