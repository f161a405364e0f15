package v1alpha1

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ReasonQuotaPending is the reason of the condition QuotaApplied while the
// cluster is about to take the quotas up.
const ReasonQuotaPending = "QuotaNotApplied"

// AppliedPlanOf returns what a tenant gets of a plan, and when. before is the
// plan that it has, if any.
func AppliedPlanOf(plan *Plan, before *AppliedPlan, at metav1.Time) *AppliedPlan {
	out := &AppliedPlan{
		Name: plan.Name, Revision: plan.Spec.Revision, AppliedAt: at,
		Quotas: plan.Spec.Quotas, PolicySets: plan.Spec.PolicySets,
	}
	if before != nil && before.Name == plan.Name {
		out.PreviousRevision = before.Revision
	}
	return out.DeepCopy()
}

// At returns what the plan brings at a revision; nil when that is not kept.
func (p *Plan) At(revision string) *PlanRevision {
	for i := range p.Spec.Revisions {
		if p.Spec.Revisions[i].Revision == revision {
			return &p.Spec.Revisions[i]
		}
	}
	return nil
}

// Unbounded returns those of a tenant's own amounts that the plan does not bound.
// The two names of storage are one.
func (p *Plan) Unbounded(own ResourceAmounts) ResourceAmounts {
	const short, long = "storage", "requests.storage"
	planned := slices.Collect(maps.Keys(p.Spec.Quotas))
	if slices.Contains(planned, short) || slices.Contains(planned, long) {
		planned = append(planned, short, long)
	}
	out := maps.Clone(own)
	for _, name := range planned {
		delete(out, name)
	}
	return out
}
