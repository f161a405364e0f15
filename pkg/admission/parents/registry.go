package parents

import (
	"context"
	"fmt"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

type resource = schema.GroupResource

// Stores are the stores that parents are looked up in. Reading them directly
// costs no fairness seat, which a second request would have to queue for.
type Stores struct {
	Clusters rest.Getter
	Projects rest.Getter
	Apps     rest.Getter
	Tenants  interface {
		rest.Getter
		rest.Lister
	}
}

// Registry gives the plugin the stores, which are built after it.
type Registry struct {
	stores atomic.Pointer[Stores]
	reads  shared
}

// Set gives the registry its stores.
func (r *Registry) Set(stores Stores) { r.stores.Store(&stores) }

// get reads a parent as it is now. What it returns is shared, and not to be altered.
func (r *Registry) get(ctx context.Context, parent resource, namespace, name string) (metav1.Object, error) {
	return r.reads.get(ctx, key{parent, namespace, name}, func(ctx context.Context) (metav1.Object, error) {
		return r.read(ctx, parent, namespace, name, &metav1.GetOptions{})
	})
}

// getCached reads a parent from the watch cache, and as it is now when that does not
// have it, or has it on its way out: it may have been made a moment ago.
func (r *Registry) getCached(ctx context.Context, parent resource, namespace, name string) (metav1.Object, error) {
	object, err := r.read(ctx, parent, namespace, name, &metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) || err == nil && object.GetDeletionTimestamp() != nil {
		return r.get(ctx, parent, namespace, name)
	}
	return object, err
}

func (r *Registry) read(ctx context.Context, parent resource, namespace, name string, options *metav1.GetOptions) (metav1.Object, error) {
	stores, err := r.loaded()
	if err != nil {
		return nil, err
	}
	getters := map[string]rest.Getter{"clusters": stores.Clusters, "tenants": stores.Tenants, "projects": stores.Projects, "apps": stores.Apps}
	obj, err := getters[parent.Resource].Get(genericapirequest.WithNamespace(ctx, namespace), name, options)
	if err != nil {
		return nil, err
	}
	return meta.Accessor(obj)
}

// maxTenantsNamed bounds the tenants that a refused deletion names.
const maxTenantsNamed = 20

// tenantsOf returns the tenants of a cluster, by an index.
func (r *Registry) tenantsOf(ctx context.Context, cluster string) ([]v1alpha1.Tenant, error) {
	stores, err := r.loaded()
	if err != nil {
		return nil, err
	}
	obj, err := stores.Tenants.List(ctx, &internalversion.ListOptions{
		FieldSelector: fields.OneTermEqualSelector(v1alpha1.FieldCluster, cluster),
	})
	if err != nil {
		return nil, err
	}
	list, ok := obj.(*v1alpha1.TenantList)
	if !ok {
		return nil, fmt.Errorf("the list of tenants is a %T", obj)
	}
	return list.Items, nil
}

// HasTenants says whether there are tenants on a cluster.
func (r *Registry) HasTenants(ctx context.Context, cluster *v1alpha1.Cluster) (bool, error) {
	tenants, err := r.tenantsOf(genericapirequest.WithNamespace(ctx, ""), cluster.Name)
	return len(tenants) > 0, err
}

func (r *Registry) loaded() (*Stores, error) {
	stores := r.stores.Load()
	if stores == nil {
		return nil, apierrors.NewServiceUnavailable("the server is starting")
	}
	return stores, nil
}
