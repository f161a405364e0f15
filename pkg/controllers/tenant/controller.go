// Package tenant carries tenants to Capsule on their clusters.
package tenant

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/controllers/plan"
)

const workers = 32

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, host base.HostNamespaces, tracer trace.TracerProvider) error {
	r := &Reconciler{
		Client:    mgr.GetClient(),
		Live:      mgr.GetAPIReader(),
		Host:      host,
		Placement: base.Placement{Cached: mgr.GetClient(), Live: mgr.GetAPIReader(), Targets: set},
		Plans:     plan.Applier{Client: mgr.GetClient(), Events: base.NewRecorder(mgr, host, "kubenova-tenant")},
	}
	b := ctrl.NewControllerManagedBy(mgr).
		Named("tenant").
		For(&v1alpha1.Tenant{}).
		Watches(&v1alpha1.Project{}, handler.EnqueueRequestsFromMapFunc(ofNamespaceOf)).
		// Only the last kubeconfig that goes concerns its tenant.
		Watches(&v1alpha1.AccessGrant{}, handler.EnqueueRequestsFromMapFunc(ofNamespaceOf), builder.WithPredicates(base.OnlyDeletes())).
		WatchesRawSource(base.Events(set, clusters.CapsuleTenant, named)).
		WatchesRawSource(base.Events(set, clusters.TenantOwner, labelled)).
		WatchesRawSource(base.Events(set, clusters.ClusterRole, onCluster(mgr.GetClient()))).
		WatchesRawSource(base.Events(set, base.Health, onCluster(mgr.GetClient()))).
		WithOptions(base.Options(workers))
	if host.Enabled {
		b = b.Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(ofNamespace)).
			Watches(&rbacv1.RoleBinding{}, handler.EnqueueRequestsFromMapFunc(ofNamespaceOf))
	}
	return b.Complete(base.Traced(tracer, "tenant", base.StampOf(mgr.GetClient(), &v1alpha1.Tenant{}), r))
}

// ofNamespaceOf asks for the tenant in whose namespace an object is.
func ofNamespaceOf(_ context.Context, object client.Object) []reconcile.Request {
	return ofName(object.GetNamespace())
}

// ofNamespace asks for the tenant that a namespace is for.
func ofNamespace(_ context.Context, namespace client.Object) []reconcile.Request {
	return ofName(namespace.GetName())
}

func ofName(namespace string) []reconcile.Request {
	tenant, project, ok := v1alpha1.SplitNamespace(namespace)
	if !ok || project != "" {
		return nil
	}
	return []reconcile.Request{base.Request("", tenant)}
}

// onCluster asks for every tenant of a cluster.
func onCluster(cached client.Reader) func(context.Context, clusters.Event) []reconcile.Request {
	return func(ctx context.Context, e clusters.Event) []reconcile.Request {
		return base.Requests(base.TenantsOn(ctx, cached, e.Cluster))
	}
}

func named(_ context.Context, e clusters.Event) []reconcile.Request {
	return []reconcile.Request{base.Request("", e.Name)}
}

func labelled(_ context.Context, e clusters.Event) []reconcile.Request {
	if e.Tenant == "" {
		return nil
	}
	return []reconcile.Request{base.Request("", e.Tenant)}
}
