// Package cluster keeps the runtime objects of registered clusters and reports
// what probes find.
package cluster

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

const workers = 4

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, clients versioned.Interface, host base.HostNamespaces, tracer trace.TracerProvider) error {
	r := &Reconciler{
		Client:      mgr.GetClient(),
		Live:        mgr.GetAPIReader(),
		Credentials: clients.KubenovaV1alpha1().Clusters(),
		Runtimes:    set,
		Recorder:    base.NewRecorder(mgr, host, "cluster"),
		Clock:       clock.RealClock{},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("cluster").
		For(&v1alpha1.Cluster{}).
		WatchesRawSource(base.Events(set, base.Health, func(_ context.Context, e clusters.Event) []reconcile.Request {
			return []reconcile.Request{base.Request("", e.Cluster)}
		})).
		Watches(&v1alpha1.Tenant{}, handler.EnqueueRequestsFromMapFunc(clusterOf), builder.WithPredicates(gone())).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(base.Traced(tracer, "cluster", base.StampOf(mgr.GetClient(), &v1alpha1.Cluster{}), r))
}

// clusterOf asks for the cluster of a tenant.
func clusterOf(_ context.Context, object client.Object) []reconcile.Request {
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok {
		return nil
	}
	return []reconcile.Request{base.Request("", tenant.Spec.ClusterRef.Name)}
}

// gone lets through that an object was deleted: a cluster that is being deleted
// waits for its tenants.
func gone() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		UpdateFunc:  func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}
