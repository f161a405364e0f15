package facade

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// app is the REST form of an App, both ways.
type app struct {
	UID         string            `json:"uid"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Components  []component       `json:"components"`
	Traits      []appTrait        `json:"traits"`
	Policies    []policy          `json:"policies"`
	// RevisionHistoryLimit is nil where a body leaves it out.
	RevisionHistoryLimit *int32     `json:"revisionHistoryLimit"`
	CreatedAt            *time.Time `json:"createdAt"`
}

type component struct {
	Name       string  `json:"name"`
	Type       string  `json:"type"`
	Properties any     `json:"properties,omitempty"`
	Traits     []trait `json:"traits,omitempty"`
}

type trait struct {
	Type       string `json:"type"`
	Properties any    `json:"properties,omitempty"`
}

// appTrait applies to every component, unless it names one.
type appTrait struct {
	Type       string `json:"type"`
	Properties any    `json:"properties,omitempty"`
	Component  string `json:"component,omitempty"`
}

type policy struct {
	Name       string `json:"name,omitempty"`
	Type       string `json:"type"`
	Properties any    `json:"properties,omitempty"`
}

func fromApp(a *v1alpha1.App) app {
	return app{
		UID: string(a.UID), Name: a.Name, CreatedAt: createdAt(a),
		Description: a.Spec.Description, Labels: stringMap(a.Labels), Annotations: userAnnotations(a.Annotations),
		Components: fromComponents(render.WithImages(a.Spec)),
		Traits:     fromAppTraits(a.Spec.Traits),
		Policies:   fromPolicies(a.Spec.Policies),

		RevisionHistoryLimit: a.Spec.RevisionHistoryLimit,
	}
}

func fromComponents(components []v1alpha1.Component) []component {
	out := make([]component, 0, len(components))
	for _, c := range components {
		one := component{Name: c.Name, Type: c.Type, Properties: fromProperties(c.Properties)}
		for _, t := range c.Traits {
			one.Traits = append(one.Traits, fromTrait(t))
		}
		out = append(out, one)
	}
	return out
}

func fromTrait(t v1alpha1.Trait) trait {
	return trait{Type: t.Type, Properties: fromProperties(t.Properties)}
}

func fromAppTraits(traits []v1alpha1.AppTrait) []appTrait {
	out := make([]appTrait, 0, len(traits))
	for _, t := range traits {
		out = append(out, appTrait{Type: t.Type, Properties: fromProperties(t.Properties), Component: t.Component})
	}
	return out
}

func fromPolicies(policies []v1alpha1.Policy) []policy {
	out := make([]policy, 0, len(policies))
	for _, p := range policies {
		out = append(out, policy{Name: p.Name, Type: p.Type, Properties: fromProperties(p.Properties)})
	}
	return out
}

func toApp(body app) (*v1alpha1.App, error) {
	if err := checkNew(body.Name, body.UID, body.CreatedAt); err != nil {
		return nil, err
	}
	a := &v1alpha1.App{ObjectMeta: named(body.Name, body.Labels, body.Annotations)}
	return a, body.applySpec(a)
}

// apply replaces an app with what the body of a PUT says: what that leaves out is
// emptied, but for labels, annotations and the history's limit, which stay.
func (body app) apply(a *v1alpha1.App) error {
	if err := checkReadOnly(a, body.Name, body.UID, body.CreatedAt); err != nil {
		return err
	}
	if body.Labels != nil {
		a.Labels = replaceLabels(a.Labels, body.Labels)
	}
	if body.Annotations != nil {
		a.Annotations = body.Annotations
	}
	return body.applySpec(a)
}

func (body app) applySpec(a *v1alpha1.App) error {
	components, problems := toComponents(body.Components)
	traits, traitProblems := toAppTraits(body.Traits, field.NewPath("traits"))
	policies, policyProblems := toPolicies(body.Policies, field.NewPath("policies"))
	problems = append(append(problems, traitProblems...), policyProblems...)
	if len(problems) > 0 {
		return invalid(problems...)
	}
	a.Spec.Description = body.Description
	a.Spec.Components, a.Spec.Images = takeImages(a.Spec, components)
	a.Spec.Traits, a.Spec.Policies = traits, policies
	if body.RevisionHistoryLimit != nil {
		a.Spec.RevisionHistoryLimit = body.RevisionHistoryLimit
	}
	return nil
}

func toComponents(components []component) (out []v1alpha1.Component, problems field.ErrorList) {
	for i, c := range components {
		path := field.NewPath("components").Index(i)
		properties, problem := toProperties(c.Properties, path.Child("properties"))
		problems = appendProblem(problems, problem)
		one := v1alpha1.Component{Name: c.Name, Type: c.Type, Properties: properties}
		for j, t := range c.Traits {
			converted, problem := toTrait(t, path.Child("traits").Index(j))
			problems = appendProblem(problems, problem)
			one.Traits = append(one.Traits, converted)
		}
		out = append(out, one)
	}
	return out, problems
}

func toTrait(t trait, path *field.Path) (v1alpha1.Trait, *field.Error) {
	properties, problem := toProperties(t.Properties, path.Child("properties"))
	return v1alpha1.Trait{Type: t.Type, Properties: properties}, problem
}

// toAppTraits takes the path of the list, which is nil where it is the whole body.
func toAppTraits(traits []appTrait, path *field.Path) (out []v1alpha1.AppTrait, problems field.ErrorList) {
	for i, t := range traits {
		converted, problem := toTrait(trait{Type: t.Type, Properties: t.Properties}, path.Index(i))
		problems = appendProblem(problems, problem)
		out = append(out, v1alpha1.AppTrait{Trait: converted, Component: t.Component})
	}
	return out, problems
}

// toPolicies takes the path of the list, which is nil where it is the whole body.
func toPolicies(policies []policy, path *field.Path) (out []v1alpha1.Policy, problems field.ErrorList) {
	for i, p := range policies {
		properties, problem := toProperties(p.Properties, path.Index(i).Child("properties"))
		problems = appendProblem(problems, problem)
		out = append(out, v1alpha1.Policy{Name: p.Name, Type: p.Type, Properties: properties})
	}
	return out, problems
}

func appendProblem(problems field.ErrorList, problem *field.Error) field.ErrorList {
	if problem == nil {
		return problems
	}
	return append(problems, problem)
}
