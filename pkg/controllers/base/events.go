package base

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// IndexCluster is the index of tenants by the cluster that they live on.
const IndexCluster = v1alpha1.FieldCluster

// IndexTenants makes IndexCluster.
func IndexTenants(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, &v1alpha1.Tenant{}, IndexCluster, func(object client.Object) []string {
		tenant, ok := object.(*v1alpha1.Tenant)
		if !ok {
			return nil
		}
		return []string{tenant.Spec.ClusterRef.Name}
	})
	if err != nil {
		return fmt.Errorf("indexing tenants by cluster: %w", err)
	}
	return nil
}

// Health stands for a change of a cluster's health where a kind is asked for.
const Health clusters.Kind = ""

// Events is a source that turns events of a kind on clusters into requests.
func Events(set *clusters.Set, kind clusters.Kind, requests func(context.Context, clusters.Event) []reconcile.Request) source.Source {
	return source.Func(func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		set.Subscribe(kind, func(event clusters.Event) {
			if ctx.Err() != nil {
				return
			}
			for _, request := range requests(ctx, event) {
				queue.Add(request)
			}
		})
		return nil
	})
}

// OnlyDeletes lets through the events of objects that went.
func OnlyDeletes() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// Request asks for one object.
func Request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

// Requests asks for each object of a list.
func Requests[T any, P interface {
	*T
	client.Object
}](items []T) []reconcile.Request {
	out := make([]reconcile.Request, 0, len(items))
	for i := range items {
		object := P(&items[i])
		out = append(out, Request(object.GetNamespace(), object.GetName()))
	}
	return out
}

// TenantsOn returns the tenants on a cluster. It reads from the cache, in which
// IndexCluster must be. An error there means that the cache was stopped; it is
// logged, and nothing is found.
func TenantsOn(ctx context.Context, c client.Reader, cluster string) []v1alpha1.Tenant {
	var tenants v1alpha1.TenantList
	if err := c.List(ctx, &tenants, client.MatchingFields{IndexCluster: cluster}); err != nil {
		log.FromContext(ctx).Error(err, "Listing tenants", "cluster", cluster)
		return nil
	}
	return tenants.Items
}

// ProjectsOf returns the projects of a tenant, read like TenantsOn.
func ProjectsOf(ctx context.Context, c client.Reader, tenant string) []v1alpha1.Project {
	var projects v1alpha1.ProjectList
	if err := c.List(ctx, &projects, client.InNamespace(v1alpha1.TenantNamespace(tenant))); err != nil {
		log.FromContext(ctx).Error(err, "Listing projects", "tenant", tenant)
		return nil
	}
	return projects.Items
}

// AppsOf returns the apps of a project, read like TenantsOn.
func AppsOf(ctx context.Context, c client.Reader, tenant, project string) []v1alpha1.App {
	var apps v1alpha1.AppList
	if err := c.List(ctx, &apps, client.InNamespace(v1alpha1.ProjectNamespace(tenant, project))); err != nil {
		log.FromContext(ctx).Error(err, "Listing apps", "tenant", tenant, "project", project)
		return nil
	}
	return apps.Items
}

// SplitTargetNamespace is the inverse of v1alpha1.TargetNamespace.
func SplitTargetNamespace(namespace string) (tenant, project string, ok bool) {
	// The namespace on the API is that of the target with a prefix.
	tenant, project, ok = v1alpha1.SplitNamespace(v1alpha1.TenantNamespace(namespace))
	return tenant, project, ok && project != ""
}

// ProjectOfTarget asks for the project of a namespace on a cluster.
func ProjectOfTarget(namespace string) []reconcile.Request {
	tenant, project, ok := SplitTargetNamespace(namespace)
	if !ok {
		return nil
	}
	return []reconcile.Request{Request(v1alpha1.TenantNamespace(tenant), project)}
}
