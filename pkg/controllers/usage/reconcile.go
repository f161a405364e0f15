package usage

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// retrySoon is when to try again a cluster that was not asked yet, as after a start.
const retrySoon = 2 * time.Second

// Reconciler samples the tenants of a cluster.
type Reconciler struct {
	Client    client.Client
	Placement base.Placement
	Interval  time.Duration
}

// Reconcile implements reconcile.Reconciler. A cluster that cannot be asked has no
// sample: that is a gap, and never a zero.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var cluster v1alpha1.Cluster
	if err := r.Client.Get(ctx, request.NamespacedName, &cluster); apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the cluster %s: %w", request.Name, err)
	}
	now := time.Now()
	slot := slotOf(string(cluster.UID), r.Interval, now)
	next := reconcile.Result{RequeueAfter: slot.Add(r.Interval).Sub(now)}
	err := r.sample(ctx, &cluster, slot)
	if unavailable, away := clusters.AsUnavailable(err); away {
		if unavailable.Unprobed || unavailable.Soon {
			next.RequeueAfter = min(next.RequeueAfter, retrySoon)
		}
		return next, nil
	}
	if err != nil {
		// The next sample is taken when it is due, and does not wait for a backoff.
		ctrl.LoggerFrom(ctx).Error(err, "Sampling the usage of tenants", "cluster", cluster.Name)
	}
	return next, nil
}

// slotOf returns when the last sample of a cluster was due. Each cluster has its own
// place within the interval, so that not all of them are asked at once; it stays
// the same over restarts and changes of the leader.
func slotOf(uid string, interval time.Duration, now time.Time) time.Time {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(uid))
	phase := time.Duration(hash.Sum64() % uint64(interval))
	return now.Add(-phase).Truncate(interval).Add(phase)
}

// sample takes the sample of a slot for the tenants that have none of it yet.
func (r *Reconciler) sample(ctx context.Context, cluster *v1alpha1.Cluster, slot time.Time) error {
	due, err := r.due(ctx, cluster, slot)
	if err != nil || len(due) == 0 {
		return err
	}
	target, err := r.Placement.On(ctx, cluster)
	if err != nil {
		return err
	}
	taken := time.Now()
	seen, err := look(ctx, target)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range due {
		errs = append(errs, r.record(ctx, d, seen, taken))
	}
	return errors.Join(errs...)
}

// tenantDue is a tenant with what was sampled of it.
type tenantDue struct {
	tenant  *v1alpha1.Tenant
	history *v1alpha1.UsageHistory
}

// due lists the living tenants on a cluster that have no sample of a slot, from
// the cache.
func (r *Reconciler) due(ctx context.Context, cluster *v1alpha1.Cluster, slot time.Time) ([]tenantDue, error) {
	var out []tenantDue
	tenants := base.TenantsOn(ctx, r.Client, cluster.Name)
	for i := range tenants {
		tenant := &tenants[i]
		if tenant.DeletionTimestamp != nil || !v1alpha1.LivesOn(tenant, cluster) {
			continue
		}
		history := &v1alpha1.UsageHistory{}
		key := client.ObjectKey{Namespace: v1alpha1.TenantNamespace(tenant.Name), Name: v1alpha1.UsageHistoryName}
		if err := r.Client.Get(ctx, key, history); client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("reading the samples of tenant %s: %w", tenant.Name, err)
		}
		if history.Spec.SampledAt.Time.Before(slot.Truncate(time.Second)) {
			history.Namespace, history.Name = key.Namespace, key.Name
			out = append(out, tenantDue{tenant, history})
		}
	}
	return out, nil
}
