package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ConditionHealthy is True while every component of the revision that runs is healthy.
const ConditionHealthy = "Healthy"

// +genclient
// +genclient:method=Deploy,verb=create,subresource=deploy,input=AppDeploy,result=AppDeploy
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
