package orphan

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Reconciler carries out orphan records.
type Reconciler struct {
	Client    client.Client
	Live      client.Reader
	Placement base.Placement
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var record v1alpha1.OrphanRecord
	if err := r.Client.Get(ctx, request.NamespacedName, &record); apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the orphan record %s: %w", request.Name, err)
	}
	registered, err := r.registered(ctx, &record)
	if err != nil {
		return reconcile.Result{}, err
	}
	if registered != nil {
		cluster, err := r.Placement.On(ctx, registered)
		if err == nil {
			err = r.letGo(ctx, cluster, &record)
		}
		if err != nil {
			return base.Outcome(err)
		}
	}
	// Whoever wrote it down would do so again for as long as it is there itself.
	if there, err := r.stillThere(ctx, &record); err != nil || there {
		return reconcile.Result{RequeueAfter: base.Recheck / 10}, err
	}
	ctrl.LoggerFrom(ctx).Info("Let go of what was deleted with orphan", "cluster", record.Spec.ClusterRef.Name,
		"tenant", record.Spec.Tenant, "project", record.Spec.Project, "registered", registered != nil)
	err = r.Client.Delete(ctx, &record, client.Preconditions{UID: &record.UID})
	return reconcile.Result{}, client.IgnoreNotFound(err)
}

// stillThere says whether what a record is about is not yet gone from the API.
func (r *Reconciler) stillThere(ctx context.Context, record *v1alpha1.OrphanRecord) (bool, error) {
	var object client.Object = &v1alpha1.Tenant{}
	key := client.ObjectKey{Name: record.Spec.Tenant}
	if record.Spec.Project != "" {
		object, key = &v1alpha1.Project{}, client.ObjectKey{Namespace: v1alpha1.TenantNamespace(record.Spec.Tenant), Name: record.Spec.Project}
	}
	if err := r.Live.Get(ctx, key, object); apierrors.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("reading %s: %w", key, err)
	}
	return string(object.GetUID()) == record.Name, nil
}

// registered returns the cluster of a record, or nil when it is no longer
// registered, so that nothing can be done there.
func (r *Reconciler) registered(ctx context.Context, record *v1alpha1.OrphanRecord) (*v1alpha1.Cluster, error) {
	var cluster v1alpha1.Cluster
	err := r.Live.Get(ctx, client.ObjectKey{Name: record.Spec.ClusterRef.Name}, &cluster)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading the cluster %s: %w", record.Spec.ClusterRef.Name, err)
	}
	gone := err != nil || string(cluster.UID) != record.Spec.ClusterUID || cluster.Spec.CredentialsRevision == 0
	if gone || v1alpha1.CascadeRecorded(&cluster) == v1alpha1.CascadeOrphan {
		return nil, nil
	}
	return &cluster, nil
}
