// Package app carries the newest revision of each app to KubeVela on its
// tenant's cluster.
package app

import (
	"context"

	"go.opentelemetry.io/otel/trace"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

const workers = 64

// Add adds the controller to a manager.
func Add(mgr manager.Manager, set *clusters.Set, tracer trace.TracerProvider) error {
	cached := mgr.GetClient()
	r := &Reconciler{
		Client:    cached,
		Live:      mgr.GetAPIReader(),
		Placement: base.Placement{Cached: cached, Live: mgr.GetAPIReader(), Targets: set},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("app").
		For(&v1alpha1.App{}).
		Watches(revisionMetadata(), handler.EnqueueRequestsFromMapFunc(ofRevision)).
		Watches(&v1alpha1.Project{}, handler.EnqueueRequestsFromMapFunc(ofProject(cached)), builder.WithPredicates(namespaceChanges())).
		WatchesRawSource(base.Events(set, clusters.Application, ofApplication)).
		WatchesRawSource(base.Events(set, clusters.NetworkPolicy, ofNetworkPolicy)).
		WatchesRawSource(base.Events(set, clusters.Pod, ofPod)).
		WatchesRawSource(base.Events(set, base.Health, func(ctx context.Context, e clusters.Event) (out []reconcile.Request) {
			for _, tenant := range base.TenantsOn(ctx, cached, e.Cluster) {
				for _, project := range base.ProjectsOf(ctx, cached, tenant.Name) {
					out = append(out, base.Requests(base.AppsOf(ctx, cached, tenant.Name, project.Name))...)
				}
			}
			return out
		})).
		WithOptions(base.Options(workers)).
		Complete(base.Traced(tracer, "app", r.stamps, r))
}

// revisionMetadata stands for revisions without their content: the cache holds
// every revision, and only the newest of an app is ever read.
func revisionMetadata() *metav1.PartialObjectMetadata {
	out := &metav1.PartialObjectMetadata{}
	out.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("AppRevision"))
	return out
}

func ofRevision(_ context.Context, revision client.Object) []reconcile.Request {
	app, _, ok := splitRevisionName(revision.GetName())
	if !ok {
		return nil
	}
	return []reconcile.Request{base.Request(revision.GetNamespace(), app)}
}

// ofProject asks for the apps of a project.
func ofProject(cached client.Reader) handler.MapFunc {
	return func(ctx context.Context, project client.Object) []reconcile.Request {
		tenant, _, ok := v1alpha1.SplitNamespace(project.GetNamespace())
		if !ok {
			return nil
		}
		return base.Requests(base.AppsOf(ctx, cached, tenant, project.GetName()))
	}
}

// namespaceChanges lets through what matters of a project: its namespace, and
// that it is let go of.
func namespaceChanges() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		DeleteFunc: func(event.DeleteEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1alpha1.Project)
			after, alsoOK := e.ObjectNew.(*v1alpha1.Project)
			return ok && alsoOK && (before.Status.Namespace != after.Status.Namespace ||
				v1alpha1.CascadeRecorded(before) != v1alpha1.CascadeRecorded(after))
		},
	}
}

func ofApplication(_ context.Context, e clusters.Event) []reconcile.Request {
	return appIn(e.Namespace, e.Name)
}

func ofPod(_ context.Context, e clusters.Event) []reconcile.Request { return appIn(e.Namespace, e.App) }

// appIn asks for the app that an Application in a namespace on a cluster is of.
func appIn(namespace, name string) []reconcile.Request {
	tenant, project, ok := base.SplitTargetNamespace(namespace)
	if !ok || name == "" {
		return nil
	}
	return []reconcile.Request{base.Request(v1alpha1.ProjectNamespace(tenant, project), name)}
}
