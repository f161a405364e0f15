package catalog

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/plan"
)

// retirePlan marks a plan that the files no longer have, so that no tenant can
// get it, and says whether it can go: no tenant has it.
func (r *Reconciler) retirePlan(ctx context.Context, p *v1alpha1.Plan) (bool, error) {
	if !p.Spec.Retired {
		p.Spec.Retired = true
		return false, r.Client.Update(ctx, p)
	}
	had, err := r.had(ctx, p.Name)
	return len(had) == 0, err
}

// maxRevisions is how many revisions of a plan are kept at a time.
const maxRevisions = 16

// revise gives a plan what the files say of it now, and keeps the former revisions
// that tenants still have: a change reaches them in steps.
func (r *Reconciler) revise(ctx context.Context, stored, wanted *v1alpha1.Plan) error {
	had, err := r.had(ctx, stored.Name)
	if err != nil {
		return err
	}
	revisions := slices.Clone(wanted.Spec.Revisions)
	for i, former := range stored.Spec.Revisions {
		// The cache may not know yet who was given the newest.
		if former.Revision != wanted.Spec.Revision && (i == 0 || had[former.Revision]) {
			revisions = append(revisions, former)
		}
	}
	if len(revisions) > maxRevisions {
		return fmt.Errorf("tenants have %d revisions of it already; it changes again when its rollouts are over", len(revisions)-1)
	}
	stopped := stored.Spec.Rollout.Stopped // is not for the files to say
	stored.Spec = wanted.Spec
	stored.Spec.Revisions, stored.Spec.Rollout.Stopped = revisions, stopped
	return nil
}

// had returns the revisions of a plan that tenants have, and "" when one has none
// of it yet.
func (r *Reconciler) had(ctx context.Context, name string) (map[string]bool, error) {
	var tenants v1alpha1.TenantList
	// Of the cache's own, which are not changed: there can be many.
	if err := r.Client.List(ctx, &tenants, client.MatchingFields{plan.IndexPlan: name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the tenants with the plan %s: %w", name, err)
	}
	out := map[string]bool{}
	for i := range tenants.Items {
		revision := ""
		if applied := tenants.Items[i].Status.Plan; applied != nil && applied.Name == name {
			revision = applied.Revision
		}
		out[revision] = true
	}
	return out, nil
}
