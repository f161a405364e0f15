package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:method=GetUsage,verb=get,subresource=usage,result=Usage
// +genclient:method=GetDeletion,verb=get,subresource=deletion,result=DeletionPreview
// +genclient:method=CreateKubeconfig,verb=create,subresource=kubeconfig,input=AccessKubeconfig,result=AccessKubeconfig
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

	// access lists who may work in the project besides the tenant's owners.
	// +optional
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=kind
	// +k8s:listMapKey=name
	// +k8s:maxItems=256
	Access []ProjectMember `json:"access,omitempty"`
}

// MemberRole says what a member of a project may do in it.
// +enum
// +k8s:enum
type MemberRole string

// Roles of members.
const (
	// RoleTenantOwner may do everything within the project.
	RoleTenantOwner MemberRole = "tenantOwner"
	// RoleProjectDev may work with apps.
	RoleProjectDev MemberRole = "projectDev"
	// RoleReadOnly may read.
	RoleReadOnly MemberRole = "readOnly"
)

// ProjectMember is a subject with a role in a project.
type ProjectMember struct {
	// kind of the subject. Defaults to User.
	// +optional
	// +default="User"
	// +k8s:optional
	Kind SubjectKind `json:"kind,omitempty"`

	// name of the subject. Users and groups may not begin with "system:".
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Name string `json:"name"`

	// role of the member.
	// +required
	// +k8s:required
	Role MemberRole `json:"role"`
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
