package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppLogOptions are the query of a GET of the logs subresource of an app. The
// answer is one JSON object for each line: its time, component, pod and message.
type AppLogOptions struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`

	// component whose pods' logs are asked for. Required.
	// +required
	Component string `json:"component"`

	// tailLines is how many lines there are at most, the last ones, from 1 to
	// 10000. While the log is followed it is how many lines of each pod come first.
	// Defaults to 200.
	// +optional
	// +k8s:optional
	TailLines *int64 `json:"tailLines,omitempty"`

	// sinceSeconds leaves out lines that are older than so many seconds.
	// +optional
	// +k8s:optional
	SinceSeconds *int64 `json:"sinceSeconds,omitempty"`

	// follow keeps the answer open for what is written from now on.
	// +optional
	// +k8s:optional
	Follow bool `json:"follow,omitempty"`
}
