package render

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// attachedRule is a rule of a policy set that is attached to the app.
type attachedRule struct {
	kind v1alpha1.PolicyRuleKind
	spec v1alpha1.PolicyRuleSpec
	path *field.Path
}

// attachedRules returns the rules that apply, in the order in which the later wins.
func attachedRules(in Input) (out []attachedRule) {
	sets := slices.Clone(in.PolicySets)
	slices.SortFunc(sets, func(a, b v1alpha1.PolicySet) int { return cmp.Compare(a.Name, b.Name) })
	for _, set := range sets {
		if !attached(set.Spec.AttachedTo, in.Tenant, in.Project) {
			continue
		}
		path := field.NewPath("policysets").Key(set.Name).Child("spec", "rules")
		for i, r := range set.Spec.Rules {
			out = append(out, attachedRule{r.Kind, r.Spec, path.Index(i)})
		}
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
