// Package catalog writes the catalog to the API: what its files say, and which
// clusters offer what apps can be made of. Every replica of the API serves what
// is stored, so that they never differ.
package catalog

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/catalog"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Add adds the controller to a manager, which then also runs the source.
func Add(mgr manager.Manager, set *clusters.Set, files *catalog.Source, tracer trace.TracerProvider) error {
	offers := newOffers()
	if err := errors.Join(mgr.Add(files), addAsker(mgr, set, offers, tracer)); err != nil {
		return err
	}
	r := &Reconciler{Client: mgr.GetClient(), Files: files, offers: offers}
	// There is one request, for all of the catalog: it is small, and its parts
	// depend on each other.
	all := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request { return everything() })
	return ctrl.NewControllerManagedBy(mgr).
		Named("catalog").
		Watches(&v1alpha1.Plan{}, all).
		Watches(&v1alpha1.CatalogPolicySet{}, all).
		Watches(&v1alpha1.CatalogItem{}, all).
		WatchesRawSource(told(files.Subscribe)).
		WatchesRawSource(told(offers.subscribe)).
		WithOptions(controller.Options{MaxConcurrentReconciles: 1}).
		Complete(base.Traced(tracer, "catalog", nil, r))
}

func everything() []reconcile.Request { return []reconcile.Request{base.Request("", "catalog")} }

// told is a source that asks for everything when it is told to.
func told(subscribe func(func())) source.Source {
	return source.Func(func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		read := func() {
			if ctx.Err() != nil {
				return
			}
			for _, request := range everything() {
				queue.Add(request)
			}
		}
		subscribe(read)
		read() // there may have been something before
		return nil
	})
}
