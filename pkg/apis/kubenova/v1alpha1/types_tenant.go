package v1alpha1

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Conditions of a Tenant besides Ready.
const (
	// TenantQuotaApplied is True while the tenant's quotas and limits hold on its cluster.
	TenantQuotaApplied = "QuotaApplied"
	// TenantNamespacesReady is True while every project of the tenant has its namespace.
	TenantNamespacesReady = "NamespacesReady"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:method=GetUsage,verb=get,subresource=usage,result=Usage
// +genclient:method=GetDeletion,verb=get,subresource=deletion,result=DeletionPreview
// +genclient:method=CreateKubeconfig,verb=create,subresource=kubeconfig,input=AccessKubeconfig,result=AccessKubeconfig
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

	// plan names the Plan whose quotas and policy sets the tenant has. Quotas that
	// the tenant sets itself win over the plan's, resource by resource.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Plan string `json:"plan,omitempty"`

	// quotas bound what all namespaces of the tenant may ask for together: cpu,
	// memory, pods, storage and what else a ResourceQuota counts.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quotas ResourceAmounts `json:"quotas,omitempty"`

	// limits bound what one container may ask for by cpu and memory, and what the
	// tenant may have by counts such as pods. Where quotas name the same count,
	// the smaller holds.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Limits ResourceAmounts `json:"limits,omitempty"`

	// networkPolicies say what traffic the tenant's pods may have. None means that
	// KubeNova sets no policy.
	// +optional
	// +k8s:optional
	NetworkPolicies *TenantNetworkPolicies `json:"networkPolicies,omitempty"`

	// cordoned keeps new objects from the tenant's namespaces; what runs goes on.
	// +optional
	// +k8s:optional
	Cordoned bool `json:"cordoned,omitempty"`

	// preventDeletion refuses the deletion of the tenant.
	// +optional
	// +k8s:optional
	PreventDeletion bool `json:"preventDeletion,omitempty"`
}

// ResourceAmounts holds an amount by the name of a resource, such as cpu.
type ResourceAmounts map[string]resource.Quantity

// TenantNetworkPolicies say what traffic a tenant's pods may have.
type TenantNetworkPolicies struct {
	// defaultDeny refuses all traffic to and from the tenant's pods but for what
	// the other fields allow and for traffic within a namespace.
	// +optional
	// +k8s:optional
	DefaultDeny bool `json:"defaultDeny,omitempty"`

	// allowDNS lets pods ask the DNS of kube-system. Defaults to true.
	// +optional
	// +default=true
	// +k8s:optional
	AllowDNS *bool `json:"allowDNS,omitempty"`

	// allowWithinTenant lets pods of the tenant's namespaces reach each other.
	// +optional
	// +k8s:optional
	AllowWithinTenant bool `json:"allowWithinTenant,omitempty"`

	// allowFromNamespaces are namespaces whose pods may reach the tenant's, such
	// as that of an ingress controller.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	AllowFromNamespaces []string `json:"allowFromNamespaces,omitempty"`

	// allowToCIDRs are address ranges that the tenant's pods may reach.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=64
	AllowToCIDRs []string `json:"allowToCIDRs,omitempty"`
}

// TenantStatus is what was last seen of a tenant.
type TenantStatus struct {
	ConditionedStatus `json:",inline"`

	// namespaces counts the tenant's namespaces on its cluster.
	// +optional
	// +k8s:optional
	Namespaces int32 `json:"namespaces,omitempty"`

	// plan is the plan as it was last applied to the tenant.
	// +optional
	// +k8s:optional
	Plan *AppliedPlan `json:"plan,omitempty"`

	// quotas are in effect on the cluster: those of the plan, the tenant's own over
	// them, and the counts of its limits.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quotas ResourceAmounts `json:"quotas,omitempty"`
}

// AppliedPlan is a plan as it was applied to a tenant.
type AppliedPlan struct {
	// name of the plan.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name"`

	// revision is a digest of the plan's content.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	Revision string `json:"revision,omitempty"`

	// quotas of the plan.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quotas ResourceAmounts `json:"quotas,omitempty"`

	// policySets are the names of the catalog's policy sets that the plan brings.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	PolicySets []string `json:"policySets,omitempty"`

	// appliedAt is when the tenant was given this revision.
	// +optional
	// +k8s:opaqueType
	AppliedAt metav1.Time `json:"appliedAt,omitempty"`

	// previousRevision of the same plan, which the tenant had before the plan was
	// changed. Empty when the tenant was given the plan as it is.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	PreviousRevision string `json:"previousRevision,omitempty"`
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
