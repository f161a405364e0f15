// Package grant keeps the grants of issued kubeconfigs in effect on their
// clusters for as long as they hold, and ends them there.
package grant

import (
	"context"
	"net/netip"

	"go.opentelemetry.io/otel/trace"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

const workers = 8

// Add adds the controller to a manager. Clusters are reached at the addresses
// that are allowed.
func Add(mgr manager.Manager, clients versioned.Interface, allowed []netip.Prefix, tracer trace.TracerProvider) error {
	cached := mgr.GetClient()
	r := &Reconciler{
		Client:      cached,
		Live:        mgr.GetAPIReader(),
		Placement:   base.Placement{Cached: cached, Live: mgr.GetAPIReader()},
		Connections: connections.NewPool(credentials{clients}, allowed),
	}
	// Owners and members are part of the spec.
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("grant").
		For(&v1alpha1.AccessGrant{}).
		Watches(&v1alpha1.Tenant{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, tenant client.Object) []reconcile.Request {
			return grantsIn(ctx, cached, v1alpha1.TenantNamespace(tenant.GetName()))
		}), changed).
		Watches(&v1alpha1.Project{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, project client.Object) []reconcile.Request {
			return grantsIn(ctx, cached, project.GetNamespace())
		}), changed).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(base.Traced(tracer, "grant", base.StampOf(mgr.GetClient(), &v1alpha1.AccessGrant{}), r))
}

func grantsIn(ctx context.Context, cached client.Reader, namespace string) []reconcile.Request {
	var grants v1alpha1.AccessGrantList
	if err := cached.List(ctx, &grants, client.InNamespace(namespace)); err != nil {
		// A list of the cache fails only while the manager ends.
		ctrl.LoggerFrom(ctx).Error(err, "Listing grants", "namespace", namespace)
		return nil
	}
	out := make([]reconcile.Request, 0, len(grants.Items))
	for _, grant := range grants.Items {
		out = append(out, base.Request(grant.Namespace, grant.Name))
	}
	return out
}
