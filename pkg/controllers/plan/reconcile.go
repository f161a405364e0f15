package plan

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// Reconciler carries changes of plans to the tenants that have them, in steps. How
// far a rollout is stands in the tenants themselves, so that it goes on after a
// restart where it was.
type Reconciler struct {
	Applier

	// Live reads past the cache.
	Live client.Reader
}

// Reconcile implements reconcile.Reconciler. It takes one step at most: what the
// step leads to is an event that asks for the next.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var plan v1alpha1.Plan
	if err := r.Client.Get(ctx, request.NamespacedName, &plan); apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the plan %s: %w", request.Name, err)
	}
	var tenants v1alpha1.TenantList
	// Of the cache's own, which are not changed: there can be many.
	if err := r.Client.List(ctx, &tenants, client.MatchingFields{IndexPlan: plan.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return reconcile.Result{}, fmt.Errorf("listing the tenants with the plan %s: %w", plan.Name, err)
	}
	t := count(&plan, tenants.Items)
	var errs []error
	for _, tenant := range t.next(plan.Spec.Rollout) {
		switch err := r.take(ctx, tenant.DeepCopy(), &plan); {
		case err == nil:
			t.updated++
			t.waiting++
		case !apierrors.IsNotFound(err) && !apierrors.IsConflict(err): // those ask again by an event
			errs = append(errs, err)
		}
	}
	before := plan.DeepCopy()
	t.report(&plan)
	return reconcile.Result{}, errors.Join(append(errs, base.PatchStatus(ctx, r.Client, before, &plan))...)
}

// take gives a tenant its part in a step, once more when it was written in between:
// the step would be smaller without it, and the next one meet it.
func (r *Reconciler) take(ctx context.Context, tenant *v1alpha1.Tenant, plan *v1alpha1.Plan) error {
	first := true
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if !first {
			if err := r.Live.Get(ctx, client.ObjectKeyFromObject(tenant), tenant); err != nil {
				return err
			}
			if tenant.Spec.Plan != plan.Name || !has(tenant, plan.Name) {
				return nil // it has left; its own change tells
			}
		}
		first = false
		return r.apply(ctx, tenant, plan)
	})
}

// report puts the tally into the status. Tenants are not named: who may read the
// plan may not see them all.
func (t tally) report(plan *v1alpha1.Plan) {
	status := &plan.Status
	status.ObservedGeneration = plan.Generation
	status.Tenants, status.UpdatedTenants = int32(t.tenants), int32(t.updated)
	status.ReadyTenants, status.FailedTenants = int32(t.ready), int32(t.failed)
	value, reason := metav1.ConditionFalse, "Progressing"
	rollout := plan.Spec.Rollout
	switch {
	case t.updated == t.tenants && t.waiting == 0 && t.failed == 0:
		value, reason = metav1.ConditionTrue, "Complete"
	case rollout.Stopped && t.updated < t.tenants:
		reason = "Stopped"
	case rollout.Paused && t.updated < t.tenants:
		reason = "Paused"
	case t.failed > 0:
		reason = "TenantFailed"
	}
	base.SetCondition(&status.ConditionedStatus, plan.Generation, v1alpha1.PlanRolledOut, value, reason, t.message(plan.Spec.Revision))
}

func (t tally) message(revision string) string {
	out := fmt.Sprintf("%d of %d tenants have revision %s, and on the clusters of %d it is in effect.", t.updated, t.tenants, revision, t.ready)
	if t.failed > 0 {
		out += fmt.Sprintf(" %d could not take it up, see the condition QuotaApplied of the tenants; no further ones get it.", t.failed)
	}
	if t.away > 0 {
		out += fmt.Sprintf(" The clusters of %d are away and get it when they are back.", t.away)
	}
	return out
}
