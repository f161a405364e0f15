package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Life of an issued kubeconfig, in seconds.
const (
	MinAccessTTLSeconds     = 600
	DefaultAccessTTLSeconds = 3600
	MaxAccessTTLSeconds     = 86400
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AccessKubeconfig asks for a short-lived kubeconfig for a tenant's cluster: the
// body of a POST to the kubeconfig subresource of a tenant or of a project. Each
// one is an AccessGrant, by which it is listed and revoked.
type AccessKubeconfig struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what the kubeconfig is to be for.
	// +optional
	Spec AccessKubeconfigSpec `json:"spec,omitempty"`

	// status is the answer.
	// +optional
	Status AccessKubeconfigStatus `json:"status,omitempty"`
}

// AccessKubeconfigSpec says what a kubeconfig is to be for.
type AccessKubeconfigSpec struct {
	// project is the project of a tenant that the kubeconfig is to lead to; none
	// means all projects in which the caller has the role. On the subresource of a
	// project it is that project.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Project string `json:"project,omitempty"`

	// role that the kubeconfig is to have; never more than the caller has. Asked
	// of a tenant, tenantOwner owns the whole tenant on its cluster and is for its
	// owners. Defaults to readOnly, and on the subresource of a project to the
	// highest role that the caller has there.
	// +optional
	// +k8s:optional
	Role MemberRole `json:"role,omitempty"`

	// ttlSeconds is how long the kubeconfig is to be good for, from 600 to 86400.
	// Defaults to 3600.
	// +optional
	// +k8s:optional
	TTLSeconds *int64 `json:"ttlSeconds,omitempty"`
}

// AccessKubeconfigStatus is an issued kubeconfig.
type AccessKubeconfigStatus struct {
	// kubeconfig is the file. A dry run has none.
	// +optional
	// +k8s:optional
	Kubeconfig []byte `json:"kubeconfig,omitempty"`

	// expiresAt is when its token ends.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// grant is the name of its AccessGrant, in the tenant's namespace.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Grant string `json:"grant,omitempty"`

	// role that it has.
	// +optional
	// +k8s:optional
	Role MemberRole `json:"role,omitempty"`

	// proxied says that it leads to the cluster's capsule-proxy. Otherwise it leads
	// to the API server of the cluster, which has no known proxy.
	// +optional
	// +k8s:optional
	Proxied bool `json:"proxied,omitempty"`
}

// +genclient
// +genclient:onlyVerbs=get,list,watch,delete,deleteCollection
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AccessGrant is an issued kubeconfig, without the kubeconfig: who has which
// access to a tenant's cluster until when. It lives in the namespace kn-<tenant>.
// Only the server makes grants; deleting one revokes it.
type AccessGrant struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is granted. Immutable.
	// +optional
	Spec AccessGrantSpec `json:"spec,omitempty"`
}

// AccessGrantSpec says what is granted.
type AccessGrantSpec struct {
	// subject is the user whom the kubeconfig was issued to.
	// +required
	// +k8s:required
	// +k8s:maxLength=1024
	Subject string `json:"subject"`

	// groups of the subject that give it the role.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	Groups []string `json:"groups,omitempty"`

	// role that is granted.
	// +required
	// +k8s:required
	Role MemberRole `json:"role"`

	// project that access was asked for; empty for the tenant.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Project string `json:"project,omitempty"`

	// projects whose namespaces the role is bound in. None when the grant is to own
	// the tenant.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=256
	Projects []string `json:"projects,omitempty"`

	// byMembership says that the subject has the role as an owner or a member, so
	// that the grant ends with that. Otherwise its rights are those of an
	// administrator, and the grant lasts until it expires or is deleted.
	// +optional
	// +k8s:optional
	ByMembership bool `json:"byMembership,omitempty"`

	// serviceAccount on the cluster that the kubeconfig's token is of, in the
	// namespace kubenova-access.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	ServiceAccount string `json:"serviceAccount"`

	// expiresAt is when the token ends. The grant is deleted then.
	// +required
	// +k8s:opaqueType
	ExpiresAt metav1.Time `json:"expiresAt"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AccessGrantList is a list of grants.
type AccessGrantList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []AccessGrant `json:"items"`
}
