// Package project carries projects to namespaces on their tenants' clusters.
package project

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
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/hostrbac"
)

const workers = 32

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, host base.HostNamespaces, tracer trace.TracerProvider) error {
	cached := mgr.GetClient()
	r := &Reconciler{
		Client:    cached,
		Live:      mgr.GetAPIReader(),
		Host:      host,
		Placement: base.Placement{Cached: cached, Live: mgr.GetAPIReader(), Targets: set},
	}
	b := ctrl.NewControllerManagedBy(mgr).
		Named("project").
		For(&v1alpha1.Project{}).
		// Only the last app that goes concerns its project.
		Watches(&v1alpha1.App{}, handler.EnqueueRequestsFromMapFunc(ofNamespaceOf), builder.WithPredicates(base.OnlyDeletes())).
		WatchesRawSource(base.Events(set, clusters.Namespace, ofTargetNamespace(clusters.Namespace))).
		WatchesRawSource(base.Events(set, clusters.Role, ofTargetNamespace(clusters.Role))).
		WatchesRawSource(base.Events(set, clusters.RoleBinding, ofTargetNamespace(clusters.RoleBinding))).
		WatchesRawSource(base.Events(set, clusters.CapsuleTenant, func(ctx context.Context, e clusters.Event) []reconcile.Request {
			return base.Requests(base.ProjectsOf(ctx, cached, e.Name))
		})).
		WatchesRawSource(base.Events(set, base.Health, func(ctx context.Context, e clusters.Event) (out []reconcile.Request) {
			for _, tenant := range base.TenantsOn(ctx, cached, e.Cluster) {
				out = append(out, base.Requests(base.ProjectsOf(ctx, cached, tenant.Name))...)
			}
			return out
		})).
		WithOptions(base.Options(workers))
	if host.Enabled {
		b = b.Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(ofNamespace)).
			Watches(&rbacv1.RoleBinding{}, handler.EnqueueRequestsFromMapFunc(ofAccess)).
			Watches(&rbacv1.Role{}, handler.EnqueueRequestsFromMapFunc(ofAccess)).
			// The owners of a tenant have access to all of its projects.
			Watches(&v1alpha1.Tenant{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, tenant client.Object) []reconcile.Request {
				return base.Requests(base.ProjectsOf(ctx, cached, tenant.GetName()))
			}), builder.WithPredicates(predicate.GenerationChangedPredicate{}))
	}
	return b.Complete(base.Traced(tracer, "project", base.StampOf(mgr.GetClient(), &v1alpha1.Project{}), r))
}

func ofNamespaceOf(_ context.Context, object client.Object) []reconcile.Request {
	return ofName(object.GetNamespace())
}

func ofNamespace(_ context.Context, namespace client.Object) []reconcile.Request {
	return ofName(namespace.GetName())
}

// ofAccess asks for the project that an object of RBAC is for.
func ofAccess(_ context.Context, object client.Object) []reconcile.Request {
	if project, ok := hostrbac.ProjectOf(object.GetName()); ok {
		return []reconcile.Request{base.Request(object.GetNamespace(), project)}
	}
	return ofName(object.GetNamespace())
}

func ofName(namespace string) []reconcile.Request {
	tenant, project, ok := v1alpha1.SplitNamespace(namespace)
	if !ok || project == "" {
		return nil
	}
	return []reconcile.Request{base.Request(v1alpha1.TenantNamespace(tenant), project)}
}

// ofTargetNamespace asks for the project of a namespace on a cluster, or of
// what is in it. Names decide, not labels, which tenants can change.
func ofTargetNamespace(kind clusters.Kind) func(context.Context, clusters.Event) []reconcile.Request {
	return func(_ context.Context, e clusters.Event) []reconcile.Request {
		namespace := e.Namespace
		if kind == clusters.Namespace {
			namespace = e.Name
		}
		return base.ProjectOfTarget(namespace)
	}
}
