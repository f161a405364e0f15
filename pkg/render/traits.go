package render

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// slot is what a trait occupies on a component: traits of one slot replace each
// other, and those of two live side by side.
type slot string

// checkedTrait is a trait that is on the allow-list.
type checkedTrait struct {
	typeName   string
	known      traitType
	properties map[string]any
	// component that the trait is for; empty means every one that it can apply to.
	component string
	// optional traits may find no component that they can apply to.
	optional bool
	// path of the trait, and of the list that it stands in.
	path, list *field.Path
}

// placedTrait is a trait of a component as KubeVela has it.
type placedTrait struct {
	typeName   string
	properties map[string]any
}

// collectTraits returns every trait in the order in which the later wins.
func collectTraits(app v1alpha1.AppSpec, rules []attachedRule, path *field.Path) (out []checkedTrait, errs field.ErrorList) {
	add := func(t v1alpha1.Trait, component string, list *field.Path, i int) {
		checked, traitErrs := checkTrait(t, list.Index(i))
		checked.component, checked.list = component, list
		out, errs = append(out, checked), append(errs, traitErrs...)
	}
	traits := path.Child("traits")
	for _, named := range []bool{false, true} {
		for i, t := range app.Traits {
			if (t.Component != "") == named {
				add(t.Trait, t.Component, traits, i)
			}
		}
	}
	for i, c := range app.Components {
		for j, t := range c.Traits {
			add(t, c.Name, path.Child("components").Index(i).Child("traits"), j)
		}
	}
	errs = append(errs, checkNames(app, traits)...)
	errs = append(errs, checkTwice(out)...)
	for _, r := range rules {
		if r.kind == v1alpha1.RuleTrait {
			checked, traitErrs := checkTrait(v1alpha1.Trait{Type: r.spec.Type, Properties: r.spec.Properties}, r.path.Child("spec"))
			checked.optional = true
			out, errs = append(out, checked), append(errs, traitErrs...)
		}
	}
	return out, errs
}

func checkTrait(t v1alpha1.Trait, path *field.Path) (checkedTrait, field.ErrorList) {
	allowed := traitTypes()
	known, found := allowed[t.Type]
	if !found {
		return checkedTrait{}, field.ErrorList{field.NotSupported(path.Child("type"), t.Type, sortedKeys(allowed))}
	}
	properties, errs := decode(t.Properties, known.properties, path.Child("properties"))
	return checkedTrait{typeName: t.Type, known: known, properties: properties, path: path}, errs
}

// checkNames refuses a trait that names a component that is not there.
func checkNames(app v1alpha1.AppSpec, path *field.Path) (errs field.ErrorList) {
	for i, t := range app.Traits {
		known := slices.ContainsFunc(app.Components, func(c v1alpha1.Component) bool { return c.Name == t.Component })
		if t.Component != "" && !known {
			errs = append(errs, field.NotFound(path.Index(i).Child("component"), t.Component))
		}
	}
	return errs
}

// checkTwice refuses two traits of one list that say the same thing.
func checkTwice(traits []checkedTrait) (errs field.ErrorList) {
	type place struct{ list, slot, component string }
	seen := map[place]bool{}
	for _, t := range traits {
		at := place{t.list.String(), string(t.known.slot), t.component}
		if t.known.slot != "" && seen[at] {
			errs = append(errs, field.Duplicate(t.path.Child("type"), t.typeName))
		}
		seen[at] = true
	}
	return errs
}

// place gives each component its traits.
func place(components []*component, traits []checkedTrait) (errs field.ErrorList) {
	for _, t := range traits {
		applied := false
		for _, c := range components {
			if t.component != "" && t.component != c.name || !slices.Contains(t.known.kinds, c.kind) {
				continue
			}
			applied = true
			placed := placedTrait{t.typeName, t.properties}
			if t.known.translate != nil {
				var translated field.ErrorList
				placed, translated = t.known.translate(t, c.kind)
				errs = append(errs, translated...)
			}
			c.traits[t.known.slot] = placed
		}
		if !applied && !t.optional && len(components) > 0 {
			errs = append(errs, field.Invalid(t.path.Child("type"), t.typeName,
				fmt.Sprintf("applies to %v only", t.known.kinds)))
		}
	}
	return errs
}
