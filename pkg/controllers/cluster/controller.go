// Package cluster keeps the runtime objects of registered clusters and reports
// what probes find.
package cluster

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

const workers = 4

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, clients versioned.Interface) error {
	r := &Reconciler{
		Clusters:    mgr.GetClient(),
		Credentials: clients.KubenovaV1alpha1().Clusters(),
		Runtimes:    set,
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("cluster").
		For(&v1alpha1.Cluster{}).
		WatchesRawSource(base.Events(set, base.Health, func(_ context.Context, e clusters.Event) []reconcile.Request {
			return []reconcile.Request{base.Request("", e.Cluster)}
		})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
}
