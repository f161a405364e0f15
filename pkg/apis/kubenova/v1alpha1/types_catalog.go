package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Conditions of a Plan.
const (
	// PlanRolledOut is True while every tenant of the plan has its current revision.
	// Its reason tells a rollout that goes on (Progressing) from one that is held
	// (Paused, Stopped) and one that stopped because a tenant failed (TenantFailed).
	PlanRolledOut = "RolledOut"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:method=Stop,verb=create,subresource=stop,input=PlanStop,result=PlanStop
// +genclient:method=Resume,verb=create,subresource=resume,input=PlanResume,result=PlanResume
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// Plan is what a tenant can be given as a whole: quotas, and policy sets of the
// catalog. Plans come from the catalog's files; KubeNova alone writes them.
type Plan struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the plan as the catalog has it.
	// +optional
	Spec PlanSpec `json:"spec,omitempty"`

	// status tells how far the tenants of the plan have it.
	// +optional
	Status PlanStatus `json:"status,omitempty"`
}

// PlanSpec is a plan as the catalog has it.
type PlanSpec struct {
	// description is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty"`

	// revision is a digest of the quotas and the rules of the policy sets. Set by
	// KubeNova.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	Revision string `json:"revision,omitempty"`

	// quotas bound what all namespaces of a tenant may ask for together.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quotas ResourceAmounts `json:"quotas,omitempty"`

	// policySets are the names of the catalog's policy sets that are merged into
	// every app of a tenant.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	PolicySets []string `json:"policySets,omitempty"`

	// revisions hold the rules of the policy sets as they are now, and as they were
	// at the former revisions that tenants still have, the newest first. Set by
	// KubeNova.
	// +optional
	// +listType=map
	// +listMapKey=revision
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=revision
	// +k8s:maxItems=16
	Revisions []PlanRevision `json:"revisions,omitempty"`

	// rollout says how a change of the plan reaches the tenants that have it.
	// +optional
	Rollout PlanRollout `json:"rollout,omitempty"`

	// retired plans are no longer in the catalog. Tenants that have one keep it; no
	// tenant can get it.
	// +optional
	// +k8s:optional
	Retired bool `json:"retired,omitempty"`
}

// PlanRevision is what a plan brings at a revision.
type PlanRevision struct {
	// revision of the plan.
	// +required
	// +k8s:required
	// +k8s:maxLength=64
	Revision string `json:"revision"`

	// policySets as they are at this revision, in the plan's order.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	PolicySets []PlanPolicySet `json:"policySets,omitempty"`
}

// PlanPolicySet is a policy set of the catalog as it is at a revision of a plan.
type PlanPolicySet struct {
	// name of the policy set.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name"`

	// spec holds its rules. It has no description.
	// +optional
	Spec PolicySetSpec `json:"spec,omitempty"`
}

// PlanRollout says how a change of a plan reaches the tenants that have it.
type PlanRollout struct {
	// batchSize is the number of tenants that get a change at a time; the next ones
	// get it when these have taken it up. Defaults to 10.
	// +optional
	// +default=10
	// +k8s:optional
	// +k8s:minimum=1
	// +k8s:maximum=10000
	BatchSize int32 `json:"batchSize,omitempty"`

	// paused keeps the change from further tenants. It is what the files say.
	// +optional
	// +k8s:optional
	Paused bool `json:"paused,omitempty"`

	// stopped keeps the change from further tenants as well. The subresource stop
	// sets it and resume takes it back; the files say nothing of it.
	// +optional
	// +k8s:optional
	Stopped bool `json:"stopped,omitempty"`
}

// PlanStatus tells how far the tenants of a plan have it.
type PlanStatus struct {
	ConditionedStatus `json:",inline"`

	// tenants counts the tenants that have the plan.
	// +optional
	// +k8s:optional
	Tenants int32 `json:"tenants,omitempty"`

	// updatedTenants counts those that have its current revision.
	// +optional
	// +k8s:optional
	UpdatedTenants int32 `json:"updatedTenants,omitempty"`

	// readyTenants counts those of the updated ones on whose clusters it is in effect.
	// +optional
	// +k8s:optional
	ReadyTenants int32 `json:"readyTenants,omitempty"`

	// failedTenants counts those of the updated ones that could not take it up. As
	// long as there is one, no further tenant gets it.
	// +optional
	// +k8s:optional
	FailedTenants int32 `json:"failedTenants,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// PlanList is a list of plans.
type PlanList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Plan `json:"items"`
}

// +genclient
// +genclient:nonNamespaced
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// CatalogPolicySet is a policy set of the catalog, which plans name and tenants
// can copy. It comes from the catalog's files; KubeNova alone writes it.
type CatalogPolicySet struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec holds the rules.
	// +optional
	Spec CatalogPolicySetSpec `json:"spec,omitempty"`
}

// CatalogPolicySetSpec holds the rules of a policy set of the catalog.
type CatalogPolicySetSpec struct {
	PolicySetSpec `json:",inline"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// CatalogPolicySetList is a list of policy sets of the catalog.
type CatalogPolicySetList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []CatalogPolicySet `json:"items"`
}

// CatalogItemType says what a CatalogItem can be used as.
// +enum
// +k8s:enum
type CatalogItemType string

// Types of catalog item.
const (
	// CatalogComponent is the type of a component of an app.
	CatalogComponent CatalogItemType = "component"
	// CatalogTrait is the type of a trait of a component.
	CatalogTrait CatalogItemType = "trait"
	// CatalogWorkflow is the type of a policy of an app, which shapes how it is rolled out and run.
	CatalogWorkflow CatalogItemType = "workflow"
)

// CatalogItemTypes lists every type of catalog item.
func CatalogItemTypes() []CatalogItemType {
	return []CatalogItemType{CatalogComponent, CatalogTrait, CatalogWorkflow}
}

// +genclient
// +genclient:nonNamespaced
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// CatalogItem is something that apps can be made of. Its name is <type>-<name>.
// It comes from the catalog's files and from what registered clusters define;
// KubeNova alone writes it.
type CatalogItem struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec describes the item.
	// +required
	Spec CatalogItemSpec `json:"spec"`
}

// CatalogItemSpec describes something that apps can be made of.
type CatalogItemSpec struct {
	// type says what the item can be used as.
	// +required
	// +k8s:required
	Type CatalogItemType `json:"type"`

	// name by which apps name it, as the type of a component, trait or policy.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name"`

	// description is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty"`

	// schema is the OpenAPI schema of its properties, as a cluster gives it.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Schema *runtime.RawExtension `json:"schema,omitempty"`

	// clusters are the names of the clusters that offer it.
	// +optional
	// +listType=set
	// +k8s:optional
	// +k8s:listType=set
	// +k8s:maxItems=10000
	Clusters []string `json:"clusters,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// CatalogItemList is a list of catalog items.
type CatalogItemList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []CatalogItem `json:"items"`
}
