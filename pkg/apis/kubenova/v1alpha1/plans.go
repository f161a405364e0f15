package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
