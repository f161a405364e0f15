package render

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Input is everything that a revision is made of.
type Input struct {
	// App to render. It is not changed.
	App *v1alpha1.App
	// Tenant and Project are the names of those that the app belongs to.
	Tenant, Project string
	// PolicySets of the tenant, in any order; those that are not attached to the
	// project are ignored.
	PolicySets []v1alpha1.PolicySet
}

// Render returns what the app runs. The same input gives the same bytes. Errors
// have paths below spec for the app, and below policysets[<name>].spec for a
// policy set.
func Render(in Input) (v1alpha1.RenderedApp, field.ErrorList) {
	spec := field.NewPath("spec")
	rules := attachedRules(in)

	components, errs := checkComponents(in.App.Spec.Components, spec.Child("components"))
	traits, traitErrs := collectTraits(in.App.Spec, rules, spec)
	policies, policyErrs := collectPolicies(in.App.Spec.Policies, rules, spec.Child("policies"))
	errs = append(append(errs, traitErrs...), policyErrs...)
	if len(errs) > 0 {
		return v1alpha1.RenderedApp{}, errs
	}

	errs = place(components, traits)
	addProbes(components, policies)
	if len(errs) > 0 {
		return v1alpha1.RenderedApp{}, errs
	}
	return assemble(components, policies)
}

// component is a checked component on its way to the revision.
type component struct {
	name, typeName string
	kind           workload
	properties     map[string]any
	traits         map[slot]placedTrait
	path           *field.Path
}

// checkComponents decodes the components and holds them against the allow-list.
func checkComponents(in []v1alpha1.Component, path *field.Path) (out []*component, errs field.ErrorList) {
	allowed := componentTypes()
	for i := range in {
		path := path.Index(i)
		known, found := allowed[in[i].Type]
		if !found {
			errs = append(errs, field.NotSupported(path.Child("type"), in[i].Type, sortedKeys(allowed)))
			continue
		}
		properties, propertyErrs := decode(in[i].Properties, known.properties, path.Child("properties"))
		errs = append(errs, propertyErrs...)
		out = append(out, &component{
			name: in[i].Name, typeName: in[i].Type, kind: known.kind,
			properties: properties, traits: map[slot]placedTrait{}, path: path,
		})
	}
	return out, errs
}

// assemble writes the revision: traits in the order of their types.
func assemble(components []*component, policies []policy) (v1alpha1.RenderedApp, field.ErrorList) {
	var out v1alpha1.RenderedApp
	for _, c := range components {
		rendered := v1alpha1.Component{Name: c.name, Type: c.typeName, Properties: encode(c.properties)}
		for _, key := range sortedKeys(c.traits) {
			placed := c.traits[key]
			rendered.Traits = append(rendered.Traits, v1alpha1.Trait{
				Type: placed.typeName, Properties: encode(placed.properties),
			})
		}
		out.Components = append(out.Components, rendered)
	}
	for _, p := range policies {
		if policyTypes()[p.typeName].delivered {
			out.Policies = append(out.Policies, v1alpha1.Policy{Name: p.name, Type: p.typeName, Properties: encode(p.properties)})
		}
	}
	return out, nil
}
