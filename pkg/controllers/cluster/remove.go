package cluster

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/agent"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// retireTimeout bounds what is done on a cluster that is gone from here.
const retireTimeout = 5 * time.Second

// retire stops the runtime object of a cluster that is gone. An account that KubeNova
// made there for itself goes too, if the cluster answers: nobody else needs it, and
// its token ends by itself.
func (r *Reconciler) retire(ctx context.Context, name string) {
	target, found := r.Runtimes.Get(name)
	defer r.Runtimes.Remove(name)
	if !found || target.Available() != nil || target.Claims().Subject != agent.UserName(types.UID(target.Key().UID)) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, retireTimeout)
	defer cancel()
	clients, err := kubernetes.NewForConfig(target.RESTConfig())
	if err == nil {
		err = agent.Agent{Cluster: types.UID(target.Key().UID), Client: clients}.Remove(ctx)
	}
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "An account of KubeNova is left on a cluster that was removed", "clusterRole", agent.RoleName(types.UID(target.Key().UID)))
	}
}

// remove takes the tenants of a cluster that is being deleted along, and lets the
// cluster go when there are none. Those that are let go of are deleted without the
// cluster: nothing is written to it any more, so that it need not answer.
func (r *Reconciler) remove(ctx context.Context, cluster *v1alpha1.Cluster) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(cluster, v1alpha1.FinalizerCleanup) {
		return reconcile.Result{}, nil // someone else's finalizer keeps it
	}
	health := clusters.Unregistered("Removing", "The cluster is being removed, and is not worked with any more.")
	if v1alpha1.CascadeRecorded(cluster) == v1alpha1.CascadeOrphan {
		r.Runtimes.Remove(cluster.Name)
	} else {
		var err error
		if health, err = r.run(ctx, cluster); err != nil {
			return reconcile.Result{}, err
		}
	}
	left, err := base.DeleteChildren(ctx, r.Live, r.Client, &v1alpha1.TenantList{}, client.MatchingFields{base.IndexCluster: cluster.Name})
	if err != nil {
		return reconcile.Result{}, err
	}
	if left == 0 {
		return reconcile.Result{}, base.Release(ctx, r.Client, cluster)
	}
	if health.Probed() {
		if err := r.report(ctx, cluster, health); err != nil {
			return reconcile.Result{}, err
		}
	}
	// The deletion of each tenant tells; this is for those beyond the first page.
	return reconcile.Result{RequeueAfter: base.Recheck}, nil
}
