package facade

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// policySet is the REST form of a PolicySet, both ways.
type policySet struct {
	Name        string       `json:"name"`
	Description string       `json:"description"`
	Rules       []policyRule `json:"rules"`
	AttachedTo  []attachment `json:"attachedTo"`
}

type policyRule struct {
	Kind string         `json:"kind"`
	Spec policyRuleSpec `json:"spec"`
}

type policyRuleSpec struct {
	Type       string `json:"type"`
	Properties any    `json:"properties,omitempty"`
}

type attachment struct {
	Tenant  string `json:"tenant,omitempty"`
	Project string `json:"project,omitempty"`
}

func fromPolicySet(p *v1alpha1.PolicySet) policySet {
	out := policySet{
		Name: p.Name, Description: p.Spec.Description,
		Rules:      make([]policyRule, 0, len(p.Spec.Rules)),
		AttachedTo: make([]attachment, 0, len(p.Spec.AttachedTo)),
	}
	for _, rule := range p.Spec.Rules {
		spec := policyRuleSpec{Type: rule.Spec.Type, Properties: fromProperties(rule.Spec.Properties)}
		out.Rules = append(out.Rules, policyRule{Kind: string(rule.Kind), Spec: spec})
	}
	for _, at := range p.Spec.AttachedTo {
		out.AttachedTo = append(out.AttachedTo, attachment(at))
	}
	return out
}

func toPolicySet(body policySet) (*v1alpha1.PolicySet, error) {
	if err := checkNew(body.Name, "", nil); err != nil {
		return nil, err
	}
	spec, err := toPolicySetSpec(body)
	if err != nil {
		return nil, err
	}
	return &v1alpha1.PolicySet{ObjectMeta: named(body.Name, nil, nil), Spec: spec}, nil
}

func toPolicySetSpec(body policySet) (v1alpha1.PolicySetSpec, error) {
	spec := v1alpha1.PolicySetSpec{Description: body.Description}
	var problems field.ErrorList
	for i, rule := range body.Rules {
		path := field.NewPath("rules").Index(i).Child("spec", "properties")
		properties, problem := toProperties(rule.Spec.Properties, path)
		problems = appendProblem(problems, problem)
		spec.Rules = append(spec.Rules, v1alpha1.PolicyRule{
			Kind: v1alpha1.PolicyRuleKind(rule.Kind),
			Spec: v1alpha1.PolicyRuleSpec{Type: rule.Spec.Type, Properties: properties},
		})
	}
	if len(problems) > 0 {
		return spec, invalid(problems...)
	}
	for _, at := range body.AttachedTo {
		spec.AttachedTo = append(spec.AttachedTo, v1alpha1.Attachment(at))
	}
	return spec, nil
}
