package plan

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
)

// tally is how far the tenants of a plan have its current revision.
type tally struct {
	// tenants name the plan, and updated ones have its current revision.
	tenants, updated int
	// Of the updated ones: ready have it in effect, waiting do not yet, failed could
	// not take it up, and the clusters of those that are away cannot be asked.
	ready, waiting, failed, away int
	// old have a former revision.
	old []*v1alpha1.Tenant
}

// count counts the tenants that name a plan. One to which another plan is applied
// still, or none, is about to get this one. One that was given the plan as it is
// now is no part of a rollout and holds none up, whatever becomes of it.
func count(plan *v1alpha1.Plan, tenants []v1alpha1.Tenant) (t tally) {
	for i := range tenants {
		tenant := &tenants[i]
		if tenant.Spec.Plan != plan.Name || tenant.DeletionTimestamp != nil {
			continue
		}
		t.tenants++
		if !has(tenant, plan.Name) {
			continue
		}
		if tenant.Status.Plan.Revision != plan.Spec.Revision {
			t.old = append(t.old, tenant)
			continue
		}
		t.updated++
		switch stateOf(tenant) {
		case ready:
			t.ready++
		case away:
			t.away++
		case failed:
			t.failed += rolledOut(tenant)
		case waiting:
			t.waiting += rolledOut(tenant)
		}
	}
	return t
}

// rolledOut is 1 for a tenant that came to its revision by a rollout.
func rolledOut(tenant *v1alpha1.Tenant) int {
	if tenant.Status.Plan.PreviousRevision == "" {
		return 0
	}
	return 1
}

// next returns the tenants of the next step: none while the last one goes on, or
// has failed. Those that are well come first, so that one that was not before
// does not stop the others.
func (t tally) next(rollout v1alpha1.PlanRollout) []*v1alpha1.Tenant {
	if rollout.Paused || rollout.Stopped || t.waiting > 0 || t.failed > 0 {
		return nil
	}
	slices.SortFunc(t.old, func(a, b *v1alpha1.Tenant) int {
		return cmp.Or(cmp.Compare(stateOf(a), stateOf(b)), cmp.Compare(a.Name, b.Name))
	})
	return t.old[:min(len(t.old), max(1, int(rollout.BatchSize)))]
}

// state is how far the cluster of a tenant has its quotas, the better the lower.
type state int

const (
	ready state = iota
	waiting
	away
	failed
)

// stateOf reads what the tenant's own controller reports.
func stateOf(tenant *v1alpha1.Tenant) state {
	quota := quotaStatus(tenant)
	switch {
	case quota.status == metav1.ConditionUnknown:
		return away
	case quota.status == metav1.ConditionTrue && equality.Semantic.DeepEqual(tenant.Status.Quotas, capsule.EffectiveQuotas(tenant)):
		return ready
	case quota.status == metav1.ConditionFalse && quota.reason != v1alpha1.ReasonQuotaPending:
		return failed
	}
	return waiting
}
