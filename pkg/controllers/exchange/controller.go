// Package exchange replaces the credentials of clusters that ask for it by those of
// a ServiceAccount of KubeNova's own, and renews these before they expire.
package exchange

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

const (
	workers = 4
	// One that failed is tried again after firstRetry, doubled up to lastRetry.
	firstRetry = 2 * time.Second
	lastRetry  = 5 * time.Minute
)

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, clients versioned.Interface, host base.HostNamespaces, tracer trace.TracerProvider) error {
	r := &Reconciler{
		Client:   mgr.GetClient(),
		Clusters: clients.KubenovaV1alpha1().Clusters(),
		Targets:  set,
		Recorder: base.NewRecorder(mgr, host, "exchange"),
		Clock:    clock.RealClock{},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("exchange").
		For(&v1alpha1.Cluster{}).
		WatchesRawSource(base.Events(set, base.Health, func(_ context.Context, e clusters.Event) []reconcile.Request {
			return []reconcile.Request{base.Request("", e.Cluster)}
		})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: workers,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		}).
		Complete(base.Traced(tracer, "exchange", base.StampOf(mgr.GetClient(), &v1alpha1.Cluster{}), r))
}
