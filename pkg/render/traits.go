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
	origin    string
	// path of the trait, and of the list that it stands in.
	path, list *field.Path
}

// placedTrait is a trait of a component as KubeVela has it.
type placedTrait struct {
	// typeName is empty for a trait that only takes the slot.
	typeName   string
	properties map[string]any
	origin     string
	// defaults are the paths below properties of what nobody said.
	defaults []string
	// keeps the slot against a rollout that is not of its kind.
	bluegreen bool
}

// appTraits adds the traits of the app in the order in which the later wins.
func (c *collector) appTraits(app v1alpha1.AppSpec, path *field.Path) {
	add := func(t v1alpha1.Trait, component string, list *field.Path, i int) {
		checked := c.trait(t, list.Index(i))
		checked.component, checked.list, checked.origin = component, list, OriginApp
		c.out.traits = append(c.out.traits, checked)
	}
	traits := path.Child("traits")
	for _, named := range []bool{false, true} {
		for i, t := range app.Traits {
			if (t.Component != "") == named {
				add(t.Trait, t.Component, traits, i)
			}
		}
	}
	for i, component := range app.Components {
		for j, t := range component.Traits {
			add(t, component.Name, path.Child("components").Index(i).Child("traits"), j)
		}
	}
	c.errs = append(c.errs, checkNames(app, traits)...)
}

func (c *collector) trait(t v1alpha1.Trait, path *field.Path) checkedTrait {
	allowed := traitTypes()
	known, found := allowed[t.Type]
	if !found || known.internal && !c.rendered {
		c.errs = append(c.errs, field.NotSupported(path.Child("type"), t.Type, TraitTypes()))
		return checkedTrait{}
	}
	properties, errs := decode(t.Properties, known.properties, path.Child("properties"))
	c.errs = append(c.errs, errs...)
	return checkedTrait{typeName: t.Type, known: known, properties: properties, path: path}
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

// place gives each component its traits. What a rule asks for passes by where it
// cannot apply; what the app itself asks for must apply somewhere.
func place(components []*component, traits []checkedTrait) (errs field.ErrorList) {
	for _, t := range traits {
		applied := false
		for _, c := range components {
			if t.component != "" && t.component != c.name || !t.fits(c) {
				continue
			}
			applied = true
			placed, translated := t.on(c)
			errs = append(errs, translated...)
			if earlier := c.traits[t.known.slot]; earlier.bluegreen && t.known.yields && !placed.bluegreen {
				continue
			}
			c.traits[t.known.slot] = placed
		}
		if !applied && t.origin == OriginApp && len(components) > 0 {
			errs = append(errs, field.Invalid(t.path.Child("type"), t.typeName, t.known.wants()))
		}
	}
	return errs
}

func (t checkedTrait) fits(c *component) bool {
	return slices.Contains(t.known.kinds, c.kind) && (t.known.fits == nil || t.known.fits(t.properties, c))
}

// on makes the trait what KubeVela has on a component.
func (t checkedTrait) on(c *component) (placedTrait, field.ErrorList) {
	if t.known.translate == nil {
		return placedTrait{typeName: t.typeName, properties: t.properties, origin: t.origin}, nil
	}
	placed, errs := t.known.translate(t, c)
	placed.origin = t.origin
	return placed, errs
}

// wants says what a trait applies to.
func (t traitType) wants() string {
	says := fmt.Sprintf("applies to %v only", t.kinds)
	if t.needs != "" {
		says += ", " + t.needs
	}
	return says
}

// settle ends what depends on all traits of a component.
func settle(c *component) {
	for _, key := range sortedKeys(c.traits) {
		if c.traits[key].typeName == "" {
			delete(c.traits, key)
		}
	}
	settleLogging(c)
}
