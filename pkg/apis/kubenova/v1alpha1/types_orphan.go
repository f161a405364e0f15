package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +genclient
// +genclient:nonNamespaced
// +genclient:onlyVerbs=create,get,list,watch,delete,deleteCollection
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// OrphanRecord says what is to be done on a cluster for a tenant or a project
// that was deleted with orphan, after that is gone from the API: the rights that
// KubeNova gave are taken away, and the rest is let go of and runs on. Its name is
// the uid of what was deleted. The controllers make one for each such deletion
// and delete it once it is carried out, or the cluster is no longer registered.
// Until then no other tenant or project of the name is carried to the cluster.
type OrphanRecord struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says whose objects are let go of, and where. Immutable.
	// +required
	// +k8s:immutable
	Spec OrphanRecordSpec `json:"spec"`
}

// OrphanRecordSpec says whose objects are let go of, and where.
type OrphanRecordSpec struct {
	// clusterRef names the cluster.
	// +required
	ClusterRef LocalReference `json:"clusterRef"`

	// clusterUID is the uid of the cluster; another one that takes the name is left alone.
	// +required
	// +k8s:required
	// +k8s:maxLength=36
	ClusterUID string `json:"clusterUID"`

	// tenant is the name of the tenant.
	// +required
	// +k8s:required
	// +k8s:maxLength=28
	Tenant string `json:"tenant"`

	// project is the name of the project that was deleted alone; empty when it was
	// the tenant with all of its projects.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=29
	Project string `json:"project,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// OrphanRecordList is a list of orphan records.
type OrphanRecordList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []OrphanRecord `json:"items"`
}
