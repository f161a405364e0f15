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

// AppDeployStatus is the answer to a deploy, and to what else changes which
// revision an app runs, or how.
type AppDeployStatus struct {
	// revision is the number of the AppRevision that is meant to run.
	// +optional
	// +k8s:optional
	Revision int64 `json:"revision,omitempty"`

	// rendered is what that revision runs.
	// +optional
	// +k8s:optional
	Rendered *RenderedApp `json:"rendered,omitempty"`

	// origins say where the fields of rendered come from that the app did not set
	// itself.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=4096
	Origins []FieldOrigin `json:"origins,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppSuspend asks for an app to be stopped: the body of a POST to the suspend
// subresource of an app. An app that is suspended already stays so. The answer
// has the newest revision, if there is one, as it is while the app is suspended.
type AppSuspend struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer.
	// +optional
	Status AppDeployStatus `json:"status,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppResume asks for a suspended app to run again: the body of a POST to the
// resume subresource of an app. An app that runs already goes on. The answer has
// the newest revision, if there is one, which is what runs again.
type AppResume struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer.
	// +optional
	Status AppDeployStatus `json:"status,omitempty"`
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
	// toRevision is the number of a kept revision. 0 means the last one with another
	// content than the newest, from before that which the newest came from.
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

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppImage asks for a component to run an image: the body of a POST to the image
// subresource of an app. The image is set in spec.images of the app, which is
// then deployed as it is; if that is refused, nothing is changed. A component
// that the app does not have is added, as a webservice.
type AppImage struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is asked for.
	// +required
	Spec AppImageSpec `json:"spec"`

	// status is the answer.
	// +optional
	Status AppDeployStatus `json:"status,omitempty"`
}

// AppImageSpec says which image a component is to run.
type AppImageSpec struct {
	// component that is to run the image.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Component string `json:"component"`

	// image is the name of the image, such as registry.example.com/team/web. It may
	// have a tag or a digest of its own if tag is empty.
	// +required
	// +k8s:required
	// +k8s:maxLength=767
	Image string `json:"image"`

	// tag of the image, or its digest, such as 1.2.3 or sha256:<64 hexadecimal digits>.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=256
	Tag string `json:"tag,omitempty"`
}
