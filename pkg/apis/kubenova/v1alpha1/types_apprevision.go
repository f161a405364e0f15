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

	// rollbackOf is the number of the revision whose content this one repeats.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	RollbackOf int64 `json:"rollbackOf,omitempty"`

	// rendered is what the revision runs.
	// +optional
	Rendered RenderedApp `json:"rendered,omitempty"`

	// origins say where the fields of rendered come from that the app did not set
	// itself.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=4096
	Origins []FieldOrigin `json:"origins,omitempty"`
}

// FieldOrigin says where a rendered field comes from.
type FieldOrigin struct {
	// path of the field below rendered, such as components[web].traits[hpa]. It
	// covers all fields below it that have no entry of their own.
	// +required
	// +k8s:required
	// +k8s:maxLength=512
	Path string `json:"path"`

	// origin is default, policyset/<name>/rules[<n>] or plan/<plan>/<policy set>/rules[<n>].
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Origin string `json:"origin"`
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

	// network says what traffic the app's pods may have, when a rule says so.
	// +optional
	// +k8s:optional
	Network *RenderedNetwork `json:"network,omitempty"`

	// images says where images may come from, when a rule says so.
	// +optional
	// +k8s:optional
	Images *RenderedImages `json:"images,omitempty"`
}

// RenderedNetwork says what traffic the app's pods may have.
type RenderedNetwork struct {
	// defaultDeny refuses all traffic but for what the other fields allow and for
	// traffic within the namespace.
	// +optional
	// +k8s:optional
	DefaultDeny bool `json:"defaultDeny,omitempty"`

	// allowDNS lets pods ask the DNS of kube-system.
	// +optional
	// +k8s:optional
	AllowDNS bool `json:"allowDNS,omitempty"`

	// allowMetrics lets the cluster's monitoring reach the pods.
	// +optional
	// +k8s:optional
	AllowMetrics bool `json:"allowMetrics,omitempty"`
}

// RenderedImages says where images may come from.
type RenderedImages struct {
	// allowedRegistries are the registries, with an optional path, that every image
	// of the app comes from.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	AllowedRegistries []string `json:"allowedRegistries,omitempty"`
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
