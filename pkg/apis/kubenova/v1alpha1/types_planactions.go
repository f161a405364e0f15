package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PlanStop asks for the rollout of a plan's change to stop where it is: the body
// of a POST to the stop subresource of a plan. Tenants that have the change keep
// it; no further one gets it until the rollout is resumed.
type PlanStop struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer: how far the rollout was.
	// +optional
	Status PlanStatus `json:"status,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PlanResume asks for a rollout that was stopped to go on: the body of a POST to
// the resume subresource of a plan. One that the catalog's files pause stays paused.
type PlanResume struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer: how far the rollout was.
	// +optional
	Status PlanStatus `json:"status,omitempty"`
}
