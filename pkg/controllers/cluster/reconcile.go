package cluster

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	applyv1alpha1 "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
)

// Credentials is the part of the clusters' client that is needed here.
type Credentials interface {
	GetKubeconfig(ctx context.Context, name string, options metav1.GetOptions) (*v1alpha1.ClusterKubeconfig, error)
	ApplyStatus(ctx context.Context, cluster *applyv1alpha1.ClusterApplyConfiguration, options metav1.ApplyOptions) (*v1alpha1.Cluster, error)
}

// Reconciler keeps one runtime object for each cluster with credentials.
type Reconciler struct {
	Client      client.Client
	Live        client.Reader
	Credentials Credentials
	Runtimes    *clusters.Set
	Recorder    base.Recorder
	Clock       clock.PassiveClock
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var cluster v1alpha1.Cluster
	err := r.Client.Get(ctx, request.NamespacedName, &cluster)
	if apierrors.IsNotFound(err) {
		r.retire(ctx, request.Name)
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the cluster %s: %w", request.Name, err)
	}
	if cluster.DeletionTimestamp != nil {
		return r.remove(ctx, &cluster)
	}
	health, err := r.run(ctx, &cluster)
	if err != nil {
		return reconcile.Result{}, err
	}
	if !health.Probed() {
		// The probe tells when it is done. Until then what was last found stands.
		return reconcile.Result{}, nil
	}
	expires, warn := r.expiry(&cluster)
	r.warn(&cluster, expires, warn)
	// Time passes without an event.
	return reconcile.Result{RequeueAfter: untilWarning(r.Clock.Now(), expires, warn)}, r.report(ctx, &cluster, health)
}

// run makes the runtime object match the cluster's credentials, and returns
// what its last probe found.
func (r *Reconciler) run(ctx context.Context, cluster *v1alpha1.Cluster) (clusters.Health, error) {
	key := clusters.Key{UID: string(cluster.UID), Revision: cluster.Spec.CredentialsRevision}
	if key.Revision == 0 {
		r.Runtimes.Remove(cluster.Name)
		return clusters.Unregistered("NoCredentials", "The cluster has no credentials; write its kubeconfig."), nil
	}
	if target, found := r.Runtimes.Get(cluster.Name); found && target.Key() == key {
		return target.Health(), nil
	}
	credentials, err := r.Credentials.GetKubeconfig(ctx, cluster.Name, metav1.GetOptions{})
	if err != nil {
		return clusters.Health{}, fmt.Errorf("reading the credentials of cluster %s: %w", cluster.Name, err)
	}
	if credentials.Spec.ClusterUID != key.UID {
		return clusters.Health{}, fmt.Errorf("the credentials of cluster %s belong to another cluster of that name", cluster.Name)
	}
	if err := r.Runtimes.Put(cluster.Name, key, credentials.Spec.Kubeconfig); err != nil {
		// Trying again is of no use: the same bytes are refused the same way.
		r.Runtimes.Remove(cluster.Name)
		return clusters.Unregistered("CredentialsUnusable", "The stored credentials cannot be used; write the kubeconfig again."), nil
	}
	target, found := r.Runtimes.Get(cluster.Name)
	if !found {
		return clusters.Health{}, fmt.Errorf("the runtime of cluster %s was removed while it was made", cluster.Name)
	}
	return target.Health(), nil
}

func (r *Reconciler) report(ctx context.Context, cluster *v1alpha1.Cluster, health clusters.Health) error {
	expires, warn := r.expiry(cluster)
	wanted := statusOf(cluster, health, expires, warn, r.Clock.Now())
	if target, found := r.Runtimes.Get(cluster.Name); found && !target.LastSeen().IsZero() {
		wanted.LastSeenTime = &metav1.Time{Time: target.LastSeen()}
	}
	if says(&cluster.Status, &wanted) {
		return nil
	}
	options := metav1.ApplyOptions{FieldManager: clusters.FieldOwner, Force: true}
	_, err := r.Credentials.ApplyStatus(ctx, applyConfiguration(cluster, &wanted), options)
	// A conflict means that the cluster was deleted and made again: its uid differs.
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("writing the status of cluster %s: %w", cluster.Name, err)
	}
	return nil
}
