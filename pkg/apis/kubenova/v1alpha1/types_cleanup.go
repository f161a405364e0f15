package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterCleanup asks for what removed components have left on a cluster to be
// cleaned up: the body of a POST to the cleanup subresource of a cluster, and its
// answer. A dry run answers with what would be done.
type ClusterCleanup struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is what was done. Set by the server.
	// +optional
	Status ClusterCleanupStatus `json:"status,omitempty"`
}

// ClusterCleanupStatus is what a cleanup has done.
type ClusterCleanupStatus struct {
	// actions in the order in which they were done.
	// +optional
	// +listType=atomic
	Actions []CleanupAction `json:"actions,omitempty"`
}

// CleanupAction is one step of a cleanup.
type CleanupAction struct {
	// action is Delete, RemoveFinalizers, Finalize, or Keep for what is in the way
	// and not KubeNova's to touch.
	// +required
	Action string `json:"action"`

	// resource of the object, such as namespaces or tenants.capsule.clastix.io.
	// +required
	Resource string `json:"resource"`

	// namespace of the object, if it has one.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	// name of the object.
	// +required
	Name string `json:"name"`

	// reason says why, for people.
	// +required
	Reason string `json:"reason"`

	// error says why the step was not done. Empty when it was, and in a dry run.
	// +optional
	Error string `json:"error,omitempty"`
}
