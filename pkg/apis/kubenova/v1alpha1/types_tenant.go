package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:nonNamespaced
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// Tenant is a customer of the platform: a set of owners with projects on one
// cluster. On that cluster it is a Capsule Tenant of the same name; on this API
// its projects and policy sets live in the namespace kn-<name>.
type Tenant struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name is a DNS label of at most
	// 28 characters without "--".
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted of the tenant.
	// +required
	Spec TenantSpec `json:"spec"`

	// status is what was last seen of the tenant.
	// +optional
	Status TenantStatus `json:"status,omitempty"`
}

// TenantSpec is what is wanted of a tenant.
type TenantSpec struct {
	// clusterRef names the cluster that the tenant lives on. Immutable.
	// +required
	// +k8s:immutable
	ClusterRef LocalReference `json:"clusterRef"`

	// owners may do everything within the tenant.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=kind
	// +k8s:listMapKey=name
	// +k8s:maxItems=256
	Owners []Subject `json:"owners,omitempty"`
}

// TenantStatus is what was last seen of a tenant.
type TenantStatus struct {
	ConditionedStatus `json:",inline"`

	// namespaces counts the tenant's namespaces on its cluster.
	// +optional
	// +k8s:optional
	Namespaces int32 `json:"namespaces,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TenantList is a list of tenants.
type TenantList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Tenant `json:"items"`
}
