package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ConditionHealthy is True while every component of the revision that runs is healthy.
const ConditionHealthy = "Healthy"

// +genclient
// +genclient:method=Deploy,verb=create,subresource=deploy,input=AppDeploy,result=AppDeploy
// +genclient:method=Suspend,verb=create,subresource=suspend,input=AppSuspend,result=AppSuspend
// +genclient:method=Resume,verb=create,subresource=resume,input=AppResume,result=AppResume
// +genclient:method=Rollback,verb=create,subresource=rollback,input=AppRollback,result=AppRollback
// +genclient:method=RunWorkflow,verb=create,subresource=workflow,input=AppWorkflow,result=AppWorkflow
// +genclient:method=UpdateImage,verb=create,subresource=image,input=AppImage,result=AppImage
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// App is a set of components that are deployed together. A change to it takes
// effect with the next POST to its deploy subresource, which renders it into an
// AppRevision; what runs is the revision with the highest number.
type App struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata. The name is a DNS label of at most
	// 52 characters.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the next deploy makes of the app.
	// +optional
	Spec AppSpec `json:"spec,omitempty"`

	// status is what was last seen of the app.
	// +optional
	Status AppStatus `json:"status,omitempty"`
}

// AppSpec is what the next deploy makes of an app.
type AppSpec struct {
	// description is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Description string `json:"description,omitempty"`

	// components are the workloads of the app.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	Components []Component `json:"components,omitempty"`

	// images win over the image in the properties of the component that they name.
	// They are apart from components so that an image update and a GitOps tool can
	// each own their field.
	// +optional
	// +listType=map
	// +listMapKey=component
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=component
	// +k8s:maxItems=64
	Images []ComponentImage `json:"images,omitempty"`

	// suspended stops every pod of the app until it is false again. It takes effect
	// at once, without a deploy, and outlasts deploys.
	// +optional
	// +k8s:optional
	Suspended bool `json:"suspended,omitempty"`

	// traits apply to every component, unless they name one.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	Traits []AppTrait `json:"traits,omitempty"`

	// policies apply to the app as a whole.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	Policies []Policy `json:"policies,omitempty"`

	// revisionHistoryLimit is the number of revisions kept besides the one that
	// runs. Defaults to 10.
	// +optional
	// +default=10
	// +k8s:optional
	// +k8s:minimum=1
	// +k8s:maximum=100
	RevisionHistoryLimit *int32 `json:"revisionHistoryLimit,omitempty"`
}

// ComponentImage is the image that a component runs.
type ComponentImage struct {
	// component that the image is for.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Component string `json:"component"`

	// image in full, such as registry.example.com/team/web:1.2.3.
	// +required
	// +k8s:required
	// +k8s:maxLength=1024
	Image string `json:"image"`
}

// Component is one workload of an app.
type Component struct {
	// name of the component, unique within the app: a DNS label.
	// +required
	// +k8s:required
	// +k8s:format=k8s-short-name
	Name string `json:"name"`

	// type of the component, such as webservice or worker.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Type string `json:"type"`

	// properties of the component, as its type defines them.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Properties *runtime.RawExtension `json:"properties,omitempty"`

	// traits of this component.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	// +k8s:maxItems=64
	Traits []Trait `json:"traits,omitempty"`
}

// Trait changes how a component runs.
type Trait struct {
	// type of the trait, such as scaler.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Type string `json:"type"`

	// properties of the trait, as its type defines them.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Properties *runtime.RawExtension `json:"properties,omitempty"`
}

// AppTrait is a trait that applies to one component of an app or to all of them.
type AppTrait struct {
	Trait `json:",inline"`

	// component that the trait applies to. Empty means every component.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Component string `json:"component,omitempty"`
}

// Policy changes how an app is delivered.
type Policy struct {
	// name of the policy, unique within the app. Defaults to its type.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=63
	Name string `json:"name,omitempty"`

	// type of the policy, such as rollout.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Type string `json:"type"`

	// properties of the policy, as its type defines them.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	Properties *runtime.RawExtension `json:"properties,omitempty"`
}

// AppPhase sums an app's state up in a word.
// +enum
// +k8s:enum
type AppPhase string

// Phases of an app.
const (
	// AppPending has nothing to run: it was never deployed, or has no components.
	AppPending AppPhase = "Pending"
	// AppDeploying is on its way to the newest revision.
	AppDeploying AppPhase = "Deploying"
	// AppRunning runs the newest revision; the condition Healthy says how well.
	AppRunning AppPhase = "Running"
	// AppSuspended is stopped on purpose.
	AppSuspended AppPhase = "Suspended"
	// AppFailed could not be delivered; the condition Ready says why.
	AppFailed AppPhase = "Failed"
)

// AppStatus is what was last seen of an app.
type AppStatus struct {
	ConditionedStatus `json:",inline"`

	// phase sums the state up in a word.
	// +optional
	// +k8s:optional
	Phase AppPhase `json:"phase,omitempty"`

	// revision is the number of the newest AppRevision that was carried to the cluster.
	// +optional
	// +k8s:optional
	Revision int64 `json:"revision,omitempty"`

	// healthy says whether every component is healthy.
	// +optional
	// +k8s:optional
	Healthy bool `json:"healthy,omitempty"`

	// components holds the health of each component.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=64
	Components []ComponentStatus `json:"components,omitempty"`

	// workflowRuns are the last runs of the app's delivery workflow, newest first.
	// +optional
	// +listType=map
	// +listMapKey=id
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=id
	// +k8s:maxItems=20
	WorkflowRuns []WorkflowRun `json:"workflowRuns,omitempty"`
}

// WorkflowRunPhase says how far a run of a workflow is.
// +enum
// +k8s:enum
type WorkflowRunPhase string

// Phases of a workflow run.
const (
	WorkflowPending    WorkflowRunPhase = "Pending"
	WorkflowRunning    WorkflowRunPhase = "Running"
	WorkflowSucceeded  WorkflowRunPhase = "Succeeded"
	WorkflowFailed     WorkflowRunPhase = "Failed"
	WorkflowSuperseded WorkflowRunPhase = "Superseded"
)

// WorkflowRun is one delivery of a revision by its workflow.
type WorkflowRun struct {
	// id of the run: the uid of the AppRevision that it delivers.
	// +required
	// +k8s:required
	// +k8s:maxLength=64
	ID string `json:"id"`

	// revision is the number of that AppRevision.
	// +optional
	// +k8s:optional
	Revision int64 `json:"revision,omitempty"`

	// phase says how far the run is.
	// +optional
	// +k8s:optional
	Phase WorkflowRunPhase `json:"phase,omitempty"`

	// startedAt is when the run began, by the cluster's clock.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	StartedAt *metav1.Time `json:"startedAt,omitempty"`

	// finishedAt is when the run ended, by the cluster's clock.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`

	// message says why a run failed.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Message string `json:"message,omitempty"`
}

// ComponentStatus is the health of one component.
type ComponentStatus struct {
	// name of the component.
	// +required
	// +k8s:required
	// +k8s:maxLength=63
	Name string `json:"name"`

	// healthy says whether the component is healthy.
	// +optional
	// +k8s:optional
	Healthy bool `json:"healthy,omitempty"`

	// message says more, such as Ready:2/2.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Message string `json:"message,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// AppList is a list of apps.
type AppList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []App `json:"items"`
}
