package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppDeploy asks for an app to be deployed as it is now: the body of a POST to
// the deploy subresource of an app. The answer says which revision it became.
type AppDeploy struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer.
	// +optional
	Status AppDeployStatus `json:"status,omitempty"`
}

// AppDeployStatus is the answer to a deploy.
type AppDeployStatus struct {
	// revision is the number of the AppRevision that the deploy made.
	// +optional
	// +k8s:optional
	Revision int64 `json:"revision,omitempty"`

	// rendered is what that revision runs.
	// +optional
	// +k8s:optional
	Rendered *RenderedApp `json:"rendered,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppSuspend asks for an app to be stopped: the body of a POST to the suspend
// subresource of an app. An app that is suspended already stays so.
type AppSuspend struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppResume asks for a suspended app to run again: the body of a POST to the
// resume subresource of an app. An app that runs already goes on.
type AppResume struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppRollback asks for the content of an earlier revision to be deployed again,
// as a new revision: the body of a POST to the rollback subresource of an app.
type AppRollback struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is asked for.
	// +optional
	Spec AppRollbackSpec `json:"spec,omitempty"`

	// status is the answer.
	// +optional
	Status AppDeployStatus `json:"status,omitempty"`
}

// AppRollbackSpec says where to go back to.
type AppRollbackSpec struct {
	// toRevision is the number of a kept revision. 0 means the one before the newest.
	// +optional
	// +k8s:optional
	// +k8s:minimum=0
	// +k8s:maximum=999999999
	ToRevision int64 `json:"toRevision,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppWorkflow asks for the delivery workflow of the newest revision to run once
// more, as a new revision with the same content: the body of a POST to the
// workflow subresource of an app.
type AppWorkflow struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer.
	// +optional
	Status AppWorkflowStatus `json:"status,omitempty"`
}

// AppWorkflowStatus is the answer to a request for a workflow run.
type AppWorkflowStatus struct {
	// run that was asked for.
	// +optional
	Run WorkflowRun `json:"run,omitempty"`
}
