package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UsageSource says how well the numbers of a Usage are known.
// +enum
type UsageSource string

// Sources of usage.
const (
	// UsageLive was read from the cluster for this answer.
	UsageLive UsageSource = "live"
	// UsageUnavailable has no numbers, since the cluster could not be asked.
	UsageUnavailable UsageSource = "unavailable"
	// UsageStub are example values of a server without authentication or cluster.
	UsageStub UsageSource = "stub"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Usage is what a tenant or a project uses on its cluster: the answer of the
// usage subresource of tenants and projects. It is read from the cluster and
// never stored.
type Usage struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status holds the numbers.
	// +optional
	Status UsageStatus `json:"status,omitempty"`
}

// UsageStatus holds the numbers of a Usage.
type UsageStatus struct {
	// source says how well the numbers are known.
	// +optional
	// +k8s:optional
	Source UsageSource `json:"source,omitempty"`

	// asOf is when the cluster was asked.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	AsOf *metav1.Time `json:"asOf,omitempty"`

	// namespaces are those that were counted, sorted by name.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Namespaces []string `json:"namespaces,omitempty"`

	// quotas bound the tenant; a project has none of its own.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Quotas ResourceAmounts `json:"quotas,omitempty"`

	// used is what is in use: from the quota that holds it, or else the requests of
	// the pods that have not ended.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Used ResourceAmounts `json:"used,omitempty"`
}
