package render

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// policy is a policy that is on the allow-list.
type policy struct {
	name, typeName string
	known          policyType
	properties     map[string]any
	origin         string
	path           *field.Path
}

// statements are what the app, its plan and its policy sets ask for, each list
// in the order in which the later wins.
type statements struct {
	traits   []checkedTrait
	policies []policy
	guards   guards
}

// collect checks every statement.
func collect(in Input) (out statements, errs field.ErrorList) {
	c := collector{rendered: in.rendered}
	spec := field.NewPath("spec")
	c.appPolicies(in.App.Spec.Policies, spec.Child("policies"))
	c.appTraits(in.App.Spec, spec)
	c.errs = append(c.errs, checkTwice(c.out.traits)...)
	for _, r := range attachedRules(in) {
		c.rule(r)
	}
	c.out.guards = guardsOf(c.out.policies)
	return c.out, c.errs
}

type collector struct {
	rendered bool
	out      statements
	errs     field.ErrorList
}

func (c *collector) appPolicies(policies []v1alpha1.Policy, path *field.Path) {
	names := map[string]bool{}
	for i, p := range policies {
		checked := c.policy(p, OriginApp, path.Index(i))
		if names[checked.name] {
			c.errs = append(c.errs, field.Duplicate(path.Index(i).Child("name"), checked.name))
		}
		names[checked.name] = true
	}
}

func (c *collector) rule(r attachedRule) {
	path := r.path.Child("spec")
	switch r.kind {
	case v1alpha1.RuleTrait:
		t := c.trait(v1alpha1.Trait{Type: r.spec.Type, Properties: r.spec.Properties}, path)
		t.origin = r.origin
		c.out.traits = append(c.out.traits, t)
	case v1alpha1.RulePolicy:
		c.policy(v1alpha1.Policy{Type: r.spec.Type, Properties: r.spec.Properties}, r.origin, path)
	default:
		c.errs = append(c.errs, field.NotSupported(r.path.Child("kind"), r.kind, []v1alpha1.PolicyRuleKind{v1alpha1.RuleTrait, v1alpha1.RulePolicy}))
	}
}

func (c *collector) policy(p v1alpha1.Policy, origin string, path *field.Path) policy {
	checked := policy{name: p.Name, typeName: p.Type, origin: origin, path: path}
	if checked.name == "" {
		checked.name = p.Type
	}
	allowed := policyTypes()
	known, found := allowed[p.Type]
	if !found {
		c.errs = append(c.errs, field.NotSupported(path.Child("type"), p.Type, sortedKeys(allowed)))
		return checked
	}
	var errs field.ErrorList
	checked.known = known
	checked.properties, errs = decode(p.Properties, known.properties, path.Child("properties"))
	if len(errs) > 0 {
		c.errs = append(c.errs, errs...)
		return checked
	}
	c.out.policies = append(c.out.policies, checked)
	if known.trait != nil {
		c.out.traits = append(c.out.traits, checkedTrait{
			typeName: p.Type, known: *known.trait, properties: checked.properties, origin: origin,
			path: path, list: field.NewPath("spec", "policies"),
		})
	}
	return checked
}

// delivered returns the policies that go to KubeVela. A rule replaces every
// earlier policy of its type.
func delivered(policies []policy) (out []policy) {
	for _, p := range policies {
		if !p.known.delivered {
			continue
		}
		if p.origin != OriginApp {
			out = slices.DeleteFunc(out, func(earlier policy) bool { return earlier.typeName == p.typeName })
		}
		out = append(out, p)
	}
	return out
}
