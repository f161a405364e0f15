package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Labels that KubeNova sets, on its own objects and on what it makes on a cluster.
const (
	// LabelCluster holds the uid of the cluster that a tenant lives on.
	LabelCluster = "kubenova.cluster"
	// LabelTenant holds the name of the tenant that an object belongs to.
	LabelTenant = "kubenova.tenant"
	// LabelProject holds the name of the project that an object belongs to.
	LabelProject = "kubenova.project"
	// LabelApp holds the name of the app that an object belongs to.
	LabelApp = "kubenova.app"
)

// ProjectLetGo is the LabelProject of a namespace that KubeNova let go of. Capsule
// asks for the label on every namespace of a tenant; no project can have this name.
const ProjectLetGo = "let_go"

// FinalizerCleanup keeps an object until its controller has removed what it
// made for it, on the target cluster and on the API.
const FinalizerCleanup = "kubenova.io/cleanup"

// ConditionReady is True when everything that the object asks for is in effect.
const ConditionReady = "Ready"

// Conditions that kstatus reads. They are there only while they are True.
const (
	// ConditionReconciling is True while what is asked for is on its way.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True while what is asked for cannot be done without help.
	ConditionStalled = "Stalled"
)

// ConditionDeleting is True while a tenant, a project or an app is being deleted.
// It says what is waited for, by its reason, and since when.
const ConditionDeleting = "Deleting"

// SubjectKind says what a Subject names.
// +enum
// +k8s:enum
type SubjectKind string

// Kinds of subject.
const (
	// SubjectUser is a user name as its authenticator gives it, such as an e-mail address.
	SubjectUser SubjectKind = "User"
	// SubjectGroup is a group name.
	SubjectGroup SubjectKind = "Group"
	// SubjectServiceAccount is a full service account name: system:serviceaccount:<namespace>:<name>.
	SubjectServiceAccount SubjectKind = "ServiceAccount"
)

// Subject names a user, a group or a service account.
type Subject struct {
	// kind of the subject. Defaults to User.
	// +optional
	// +default="User"
	// +k8s:optional
	Kind SubjectKind `json:"kind,omitempty"`

	// name of the subject. Users and groups may not begin with "system:".
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Name string `json:"name"`
}

// LocalReference names another KubeNova object.
type LocalReference struct {
	// name of the object.
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Name string `json:"name"`
}

// ConditionedStatus is what every status has.
type ConditionedStatus struct {
	// observedGeneration is the metadata.generation that this status describes.
	// +optional
	// +k8s:optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions describe the state in the form that kubectl wait and kstatus read.
	// +optional
	// +patchMergeKey=type
	// +patchStrategy=merge
	// +listType=map
	// +listMapKey=type
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=type
	// +k8s:maxItems=32
	// +k8s:eachVal=+k8s:opaqueType
	Conditions []metav1.Condition `json:"conditions,omitempty" patchStrategy:"merge" patchMergeKey:"type"`
}
