package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicySet is a set of traits and policies that are merged into the apps it is
// attached to, with their next deploy. It lives in the namespace kn-<tenant>.
type PolicySet struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec holds the rules.
	// +optional
	Spec PolicySetSpec `json:"spec,omitempty"`
}

// PolicySetSpec holds rules and says which apps they apply to.
type PolicySetSpec struct {
	// description is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty"`

	// rules are merged into each app in this order; a later rule of the same type wins.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	Rules []PolicyRule `json:"rules,omitempty"`

	// attachedTo says which apps the rules apply to: those that match one entry.
	// None means every app of the tenant.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=256
	AttachedTo []Attachment `json:"attachedTo,omitempty"`
}

// PolicyRuleKind says what a rule becomes.
// +enum
// +k8s:enum
type PolicyRuleKind string

// Kinds of policy rule.
const (
	// RuleTrait becomes a trait of every component.
	RuleTrait PolicyRuleKind = "vela.trait"
	// RulePolicy becomes a policy of the app.
	RulePolicy PolicyRuleKind = "vela.policy"
)

// PolicyRule is one trait or policy.
type PolicyRule struct {
	// kind says what the rule becomes.
	// +required
	// +k8s:required
	Kind PolicyRuleKind `json:"kind"`

	// spec is the trait or policy.
	// +required
	Spec PolicyRuleSpec `json:"spec"`
}

// PolicyRuleSpec is the trait or policy that a rule becomes.
type PolicyRuleSpec struct {
	// type of the trait or policy.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Type string `json:"type"`

	// properties of the trait or policy, as its type defines them.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Properties *runtime.RawExtension `json:"properties,omitempty"`
}

// Attachment matches an app when every field that it sets matches.
type Attachment struct {
	// tenant is the name of the tenant.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Tenant string `json:"tenant,omitempty"`

	// project is the name of the project.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Project string `json:"project,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PolicySetList is a list of policy sets.
type PolicySetList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PolicySet `json:"items"`
}
