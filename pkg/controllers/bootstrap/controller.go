// Package bootstrap installs on registered clusters the components that were
// asked for through the bootstrap subresource.
package bootstrap

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

const (
	// workers is the number of clusters that are worked on at the same time; an
	// installation takes minutes.
	workers = 4
	// A failed installation is tried again after firstRetry, doubled up to lastRetry.
	firstRetry = 5 * time.Second
	lastRetry  = 5 * time.Minute
)

// Add adds the controller to a manager. Nil options mean the defaults.
func Add(mgr manager.Manager, set *clusters.Set, clients versioned.Interface, host base.HostNamespaces, options *bootstrap.Options, tracer trace.TracerProvider) error {
	if options == nil {
		options = bootstrap.NewOptions()
	}
	r := &Reconciler{
		Clusters:  clients.KubenovaV1alpha1().Clusters(),
		Targets:   targets{set},
		Installer: &bootstrap.Installer{Timeout: options.Timeout},
		Charts:    options.Charts(),
		Recorder:  base.NewRecorder(mgr, host, "bootstrap"),
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("bootstrap").
		// A request is a change of the spec; what others report is none.
		For(&v1alpha1.Cluster{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(base.Events(set, base.Health, func(_ context.Context, e clusters.Event) []reconcile.Request {
			return []reconcile.Request{base.Request("", e.Cluster)}
		})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: workers,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		}).
		Complete(base.Traced(tracer, "bootstrap", base.StampOf(mgr.GetClient(), &v1alpha1.Cluster{}), r))
}
