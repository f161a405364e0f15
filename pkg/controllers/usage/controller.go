// Package usage samples what tenants and their projects use, one cluster at a
// time, and keeps it in one UsageHistory for each tenant.
package usage

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// workers bounds how many clusters are asked at a time.
const workers = 8

// Add adds the controller to a manager. It takes a sample every interval.
func Add(ctx context.Context, mgr manager.Manager, set *clusters.Set, interval time.Duration, tracer trace.TracerProvider) error {
	cached := mgr.GetClient()
	r := &Reconciler{
		Client:    cached,
		Placement: base.Placement{Cached: cached, Live: mgr.GetAPIReader(), Targets: set},
		Interval:  interval,
	}
	// Histories are read from the cache, which is to hold them from the beginning.
	if _, err := mgr.GetCache().GetInformer(ctx, &v1alpha1.UsageHistory{}); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("usage").
		For(&v1alpha1.Cluster{}, builder.WithPredicates(onlyCreates())).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(base.Traced(tracer, "usage", nil, r))
}

// onlyCreates lets a cluster in once; from then on it comes again by the clock.
func onlyCreates() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}
