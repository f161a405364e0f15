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
	// PlanSets are the policy sets of the tenant's plan, in the plan's order.
	PlanSets []PlanPolicySet
	// PolicySets of the tenant, in any order; those that are not attached to the
	// project are ignored.
	PolicySets []v1alpha1.PolicySet

	// rendered apps may have what only render writes.
	rendered bool
}

// Render returns what the app runs and where its fields come from; the other
// fields of the revision are the caller's. The same input gives the same bytes.
// Errors have paths below spec for the app, below policysets[<name>].spec for a
// policy set, and below plans[<name>].policysets[<name>].spec for one of a plan.
func Render(in Input) (v1alpha1.AppRevisionSpec, field.ErrorList) {
	components, errs := checkComponents(in.App.Spec, field.NewPath("spec", "components"))
	said, saidErrs := collect(in)
	if errs = append(errs, saidErrs...); len(errs) > 0 {
		return v1alpha1.AppRevisionSpec{}, errs
	}
	errs = append(said.guards.images.check(components), checkRollouts(components, said.policies)...)
	errs = append(errs, place(components, said.traits)...)
	errs = append(errs, addProbes(components, said.policies)...)
	if len(errs) > 0 {
		return v1alpha1.AppRevisionSpec{}, errs
	}
	for _, c := range components {
		settle(c)
	}
	return assemble(components, said), nil
}

// component is a checked component on its way to the revision.
type component struct {
	name, typeName string
	kind           workload
	properties     map[string]any
	traits         map[slot]placedTrait
	path           *field.Path
	// origins of properties, by their path below the component.
	origins map[string]string
}

// checkComponents decodes the components and holds them against the allow-list.
func checkComponents(app v1alpha1.AppSpec, path *field.Path) (out []*component, errs field.ErrorList) {
	allowed := componentTypes()
	for i, c := range WithImages(app) {
		path := path.Index(i)
		known, found := allowed[c.Type]
		if !found {
			errs = append(errs, field.NotSupported(path.Child("type"), c.Type, sortedKeys(allowed)))
			continue
		}
		properties, propertyErrs := decode(c.Properties, known.properties, path.Child("properties"))
		errs = append(errs, propertyErrs...)
		out = append(out, &component{
			name: c.Name, typeName: c.Type, kind: known.kind, properties: properties,
			traits: map[slot]placedTrait{}, path: path, origins: map[string]string{},
		})
	}
	return out, errs
}

// assemble writes the revision: traits in the order of their slots.
func assemble(components []*component, said statements) v1alpha1.AppRevisionSpec {
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
	for _, p := range delivered(said.policies) {
		out.Policies = append(out.Policies, v1alpha1.Policy{Name: p.name, Type: p.typeName, Properties: encode(p.properties)})
	}
	out.Network, out.Images = said.guards.network.rendered(), said.guards.images.rendered()
	return v1alpha1.AppRevisionSpec{Rendered: out, Origins: originsOf(components, said)}
}
