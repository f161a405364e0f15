package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// DeletionPreview is what the deletion of a tenant or a project would remove: the
// answer of the deletion subresource of both. It is asked of the API and of the
// cluster, and never stored.
type DeletionPreview struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// status is the answer.
	// +optional
	Status DeletionPreviewStatus `json:"status,omitempty"`
}

// MaxPreviewed is how many apps, volumes and kubeconfigs a preview names of each.
const MaxPreviewed = 500

// DeletionPreviewStatus is what would be removed, each list sorted.
type DeletionPreviewStatus struct {
	// source is live when the cluster was asked for namespaces and volumes, and
	// unavailable when it could not be: then there are no volumes, and the namespaces
	// are those of the projects.
	// +optional
	// +k8s:optional
	Source UsageSource `json:"source,omitempty"`

	// asOf is when the cluster was asked.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	AsOf *metav1.Time `json:"asOf,omitempty"`

	// namespaces on the cluster.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Namespaces []string `json:"namespaces,omitempty"`

	// apps of the projects.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Apps []PreviewedApp `json:"apps,omitempty"`

	// volumes are the PersistentVolumeClaims in the namespaces. What becomes of what
	// they hold is up to the reclaim policy of their storage.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Volumes []PreviewedVolume `json:"volumes,omitempty"`

	// kubeconfigs that were issued and would be revoked.
	// +optional
	// +listType=atomic
	// +k8s:optional
	// +k8s:listType=atomic
	Kubeconfigs []PreviewedKubeconfig `json:"kubeconfigs,omitempty"`

	// truncated says that one of the lists has more than is named (500).
	// +optional
	// +k8s:optional
	Truncated bool `json:"truncated,omitempty"`
}

// PreviewedApp is an app that would go.
type PreviewedApp struct {
	// project that it is in.
	// +optional
	// +k8s:optional
	Project string `json:"project,omitempty"`
	// name of the app.
	// +optional
	// +k8s:optional
	Name string `json:"name,omitempty"`
}

// PreviewedVolume is a PersistentVolumeClaim that would go.
type PreviewedVolume struct {
	// namespace that it is in.
	// +optional
	// +k8s:optional
	Namespace string `json:"namespace,omitempty"`
	// name of the claim.
	// +optional
	// +k8s:optional
	Name string `json:"name,omitempty"`
	// size that it asks for.
	// +optional
	// +k8s:optional
	Size string `json:"size,omitempty"`
	// storageClass that it names.
	// +optional
	// +k8s:optional
	StorageClass string `json:"storageClass,omitempty"`
}

// PreviewedKubeconfig is an issued kubeconfig that would be revoked.
type PreviewedKubeconfig struct {
	// grant is the name of its AccessGrant.
	// +optional
	// +k8s:optional
	Grant string `json:"grant,omitempty"`
	// subject that it was issued to.
	// +optional
	// +k8s:optional
	Subject string `json:"subject,omitempty"`
	// expiresAt is when it would end by itself.
	// +optional
	// +k8s:opaqueType
	ExpiresAt metav1.Time `json:"expiresAt,omitempty"`
}
