package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppRevision is what one deploy of an app made of it and of the policy sets
// attached to it. It never changes. Its name is <app>-<number>; the revision of
// an app with the highest number is the one that is meant to run.
type AppRevision struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is the snapshot. Immutable.
	// +required
	// +k8s:immutable
	Spec AppRevisionSpec `json:"spec"`
}

// AppRevisionSpec is what one deploy made of an app.
type AppRevisionSpec struct {
	// app is the name of the app.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	App string `json:"app"`

	// revision is the number, from 1, counted for each app.
	// +required
	// +k8s:required
	// +k8s:minimum=1
	// +k8s:maximum=999999999
	Revision int64 `json:"revision"`

	// appGeneration is the metadata.generation of the app that was rendered.
	// +optional
	// +k8s:optional
	AppGeneration int64 `json:"appGeneration,omitempty"`

	// rendered is what the revision runs.
	// +optional
	Rendered RenderedApp `json:"rendered,omitempty"`
}

// RenderedApp is an app with everything resolved: app-level traits moved to the
// components, and the rules of attached policy sets merged in.
type RenderedApp struct {
	// components with all of their traits.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	Components []Component `json:"components,omitempty"`

	// policies with their names filled in.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=128
	Policies []Policy `json:"policies,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppRevisionList is a list of app revisions.
type AppRevisionList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []AppRevision `json:"items"`
}
