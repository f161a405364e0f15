package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UsageHistoryName is the name of the one UsageHistory of a tenant.
const UsageHistoryName = "usage"

// +genclient
// +genclient:onlyVerbs=create,update,get,list,watch,delete,deleteCollection
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// UsageHistory holds the samples of what a tenant and its projects used, in the
// form of pkg/usage. It lives in the namespace kn-<tenant> under the name usage. The
// controllers write it; it is read through the usage subresources.
type UsageHistory struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec holds the samples.
	// +optional
	Spec UsageHistorySpec `json:"spec,omitempty"`
}

// UsageHistorySpec holds samples.
type UsageHistorySpec struct {
	// sampledAt is when the last sample was taken.
	// +optional
	// +k8s:opaqueType
	SampledAt metav1.Time `json:"sampledAt,omitempty"`

	// intervalSeconds is the time between two samples.
	// +optional
	// +k8s:optional
	// +k8s:minimum=1
	IntervalSeconds *int64 `json:"intervalSeconds,omitempty"`

	// series has the samples of the tenant, whose project is empty, and of its
	// projects, of 256 at most.
	// +optional
	// +listType=map
	// +listMapKey=project
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=project
	// +k8s:maxItems=257
	Series []UsageHistorySeries `json:"series,omitempty"`
}

// UsageHistorySeries holds the samples of the tenant or of one project.
type UsageHistorySeries struct {
	// project whose samples they are; empty for the tenant as a whole.
	// +required
	// +k8s:optional
	// +k8s:maxLength=29
	Project string `json:"project"`

	// samples, compressed.
	// +optional
	// +k8s:optional
	Samples []byte `json:"samples,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// UsageHistoryList is a list of usage histories.
type UsageHistoryList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []UsageHistory `json:"items"`
}
