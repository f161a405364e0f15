package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// Project is a place for apps within a tenant: the namespace <tenant>--<project>
// on the tenant's cluster. It lives in the namespace kn-<tenant>; its apps live
// in kn-<tenant>--<project>.
type Project struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name is a DNS label of at most
	// 29 characters without "--".
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted of the project.
	// +optional
	Spec ProjectSpec `json:"spec,omitempty"`

	// status is what was last seen of the project.
	// +optional
	Status ProjectStatus `json:"status,omitempty"`
}

// ProjectSpec is what is wanted of a project.
type ProjectSpec struct {
	// description is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty"`
}

// ProjectStatus is what was last seen of a project.
type ProjectStatus struct {
	ConditionedStatus `json:",inline"`

	// namespace is the project's namespace on the tenant's cluster, once it exists.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Namespace string `json:"namespace,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ProjectList is a list of projects.
type ProjectList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Project `json:"items"`
}
