package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UsageSource says how well the numbers of a Usage are known.
// +enum
type UsageSource string

// Sources of usage.
const (
	// UsageLive was read from the cluster for this answer.
	UsageLive UsageSource = "live"
	// UsageStale is what was last sampled, since the cluster could not be asked.
	UsageStale UsageSource = "stale"
	// UsageUnavailable has no numbers, since the cluster could not be asked.
	UsageUnavailable UsageSource = "unavailable"
	// UsageStub are example values of a server without authentication or cluster.
	UsageStub UsageSource = "stub"
)

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Usage is what a tenant or a project uses on its cluster, and what it used over
// a range: the answer of the usage subresource of tenants and projects.
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

	// asOf is when the cluster was asked, or the last sample was taken.
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

	// history is what was used over the range that was asked for; none without one.
	// +optional
	// +k8s:optional
	History *UsageWindow `json:"history,omitempty"`
}

// UsageWindow is what was used over a range of time, from samples. Times without
// samples count for nothing.
type UsageWindow struct {
	// range that was asked for: 1h, 24h, 7d or 30d.
	// +optional
	// +k8s:optional
	Range string `json:"range,omitempty"`

	// from is when the window begins.
	// +optional
	// +k8s:opaqueType
	From metav1.Time `json:"from,omitempty"`

	// samples is how many there are in the window.
	// +optional
	// +k8s:optional
	Samples int64 `json:"samples,omitempty"`

	// coveredPercent is how much of the window there are samples of, from 0 to 100.
	// +optional
	// +k8s:optional
	CoveredPercent int64 `json:"coveredPercent,omitempty"`

	// average of the samples; none without samples.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Average ResourceAmounts `json:"average,omitempty"`

	// peak of the samples; none without samples.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Peak ResourceAmounts `json:"peak,omitempty"`

	// series has the window in pieces, when the option series asks for it: that of
	// the tenant, and of each of its projects.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Series []UsagePiece `json:"series,omitempty"`
}

// UsagePiece is what was used in a piece of a window.
type UsagePiece struct {
	// project whose it is; empty for the tenant as a whole.
	// +optional
	// +k8s:optional
	Project string `json:"project,omitempty"`

	// from is when the piece begins.
	// +optional
	// +k8s:opaqueType
	From metav1.Time `json:"from,omitempty"`

	// seconds that it is long.
	// +optional
	// +k8s:optional
	Seconds int64 `json:"seconds,omitempty"`

	// samples is how many there are in the piece. A piece without any is a gap.
	// +optional
	// +k8s:optional
	Samples int64 `json:"samples,omitempty"`

	// average of the samples.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Average ResourceAmounts `json:"average,omitempty"`

	// peak of the samples.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Peak ResourceAmounts `json:"peak,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// UsageOptions are the query of the usage subresources.
type UsageOptions struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// range of the history: 1h, 24h, 7d or 30d. Empty asks for none.
	// +optional
	// +k8s:optional
	Range string `json:"range,omitempty"`

	// series asks for the pieces of the history as well.
	// +optional
	// +k8s:optional
	Series bool `json:"series,omitempty"`
}
