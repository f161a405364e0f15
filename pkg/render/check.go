package render

import (
	"encoding/json"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Check says why a revision may not run: it must be what Render could have
// returned. A revision can be written by other ways than a deploy.
func Check(rendered v1alpha1.RenderedApp) field.ErrorList {
	app := &v1alpha1.App{Spec: v1alpha1.AppSpec{Components: rendered.Components, Policies: rendered.Policies}}
	in := Input{App: app, PolicySets: []v1alpha1.PolicySet{{Spec: v1alpha1.PolicySetSpec{Rules: guardRules(rendered)}}}, rendered: true}
	again, errs := Render(in)
	if len(errs) == 0 && !Same(rendered, again.Rendered) {
		errs = append(errs, field.Invalid(field.NewPath("spec"), field.OmitValueType{}, "is not in the form that a deploy gives it"))
	}
	return errs
}

// CheckRules says which rules of a policy set no app could be deployed with.
func CheckRules(rules []v1alpha1.PolicyRule, path *field.Path) field.ErrorList {
	c := collector{}
	for i, r := range rules {
		c.rule(attachedRule{kind: r.Kind, spec: r.Spec, origin: path.Index(i).String(), path: path.Index(i)})
	}
	return append(c.errs, guardsOf(c.out.policies).images.check(nil)...)
}

// guardRules are the rules that the guards of a revision stand for.
func guardRules(rendered v1alpha1.RenderedApp) (out []v1alpha1.PolicyRule) {
	add := func(typeName string, properties map[string]any) {
		out = append(out, v1alpha1.PolicyRule{Kind: v1alpha1.RulePolicy, Spec: v1alpha1.PolicyRuleSpec{
			Type: typeName, Properties: encode(properties),
		}})
	}
	if n := rendered.Network; n != nil {
		add(typeNetwork, map[string]any{"defaultDeny": n.DefaultDeny, "allowDNS": n.AllowDNS, "allowMetrics": n.AllowMetrics})
	}
	if i := rendered.Images; i != nil {
		add(typeImage, map[string]any{"allowedRegistries": i.AllowedRegistries})
	}
	return out
}

// Same compares what the JSON of two revisions says: how it is written depends
// on who stored it.
func Same(a, b v1alpha1.RenderedApp) bool {
	decodedA, errA := generic(a)
	decodedB, errB := generic(b)
	return errA == nil && errB == nil && reflect.DeepEqual(decodedA, decodedB)
}

func generic(rendered v1alpha1.RenderedApp) (out any, err error) {
	data, err := json.Marshal(rendered)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(data, &out)
	return out, err
}
