package render

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// PlanPolicySet is a policy set of the catalog that a tenant has by its plan.
type PlanPolicySet struct {
	// Plan is the name of the plan.
	Plan string
	// Set applies where it is attached to, as a tenant's own does.
	Set v1alpha1.PolicySet
}

// attachedRule is a rule of a policy set that is attached to the app.
type attachedRule struct {
	kind v1alpha1.PolicyRuleKind
	spec v1alpha1.PolicyRuleSpec
	// origin of what the rule makes, as v1alpha1.FieldOrigin has it.
	origin string
	path   *field.Path
}

// attachedRules returns the rules that apply, in the order in which the later
// wins: those of the plan's policy sets as the plan lists them, then those of the
// tenant's own in the order of their names.
func attachedRules(in Input) (out []attachedRule) {
	add := func(set v1alpha1.PolicySet, origin string, path *field.Path) {
		if !attached(set.Spec.AttachedTo, in.Tenant, in.Project) {
			return
		}
		for i, r := range set.Spec.Rules {
			out = append(out, attachedRule{r.Kind, r.Spec, fmt.Sprintf("%s/rules[%d]", origin, i), path.Child("spec", "rules").Index(i)})
		}
	}
	for _, p := range in.PlanSets {
		add(p.Set, "plan/"+p.Plan+"/"+p.Set.Name, field.NewPath("plans").Key(p.Plan).Child("policysets").Key(p.Set.Name))
	}
	sets := slices.Clone(in.PolicySets)
	slices.SortFunc(sets, func(a, b v1alpha1.PolicySet) int { return cmp.Compare(a.Name, b.Name) })
	for _, set := range sets {
		add(set, "policyset/"+set.Name, field.NewPath("policysets").Key(set.Name))
	}
	return out
}

// attached says whether one entry matches: one matches when every field that it
// names does, and no entries mean the whole tenant.
func attached(entries []v1alpha1.Attachment, tenant, project string) bool {
	return len(entries) == 0 || slices.ContainsFunc(entries, func(a v1alpha1.Attachment) bool {
		return (a.Tenant == "" || a.Tenant == tenant) && (a.Project == "" || a.Project == project)
	})
}
