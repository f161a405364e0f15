// Package orphan lets go on clusters of what tenants and projects had there that
// were deleted with orphan, once the cluster can be worked with.
package orphan

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

const workers = 8

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, tracer trace.TracerProvider) error {
	cached := mgr.GetClient()
	r := &Reconciler{
		Client:    cached,
		Live:      mgr.GetAPIReader(),
		Placement: base.Placement{Cached: cached, Live: mgr.GetAPIReader(), Targets: set},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("orphan").
		For(&v1alpha1.OrphanRecord{}).
		// A cluster that is gone takes its records along.
		Watches(&v1alpha1.Cluster{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, cluster client.Object) []reconcile.Request {
			return recordsOn(ctx, cached, cluster.GetName())
		})).
		WatchesRawSource(base.Events(set, base.Health, func(ctx context.Context, e clusters.Event) []reconcile.Request {
			return recordsOn(ctx, cached, e.Cluster)
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(base.Traced(tracer, "orphan", base.StampOf(mgr.GetClient(), &v1alpha1.OrphanRecord{}), r))
}

func recordsOn(ctx context.Context, cached client.Reader, cluster string) []reconcile.Request {
	var records v1alpha1.OrphanRecordList
	if err := cached.List(ctx, &records); err != nil {
		// A list of the cache fails only while the manager ends.
		ctrl.LoggerFrom(ctx).Error(err, "Listing orphan records", "cluster", cluster)
		return nil
	}
	var out []reconcile.Request
	for i := range records.Items {
		if records.Items[i].Spec.ClusterRef.Name == cluster {
			out = append(out, base.Request("", records.Items[i].Name))
		}
	}
	return out
}
