package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Conditions of a Cluster.
const (
	// ClusterConnected is True while the cluster's API server answers.
	ClusterConnected = "Connected"
	// ClusterCredentialsValid is True while the cluster accepts the stored credentials.
	ClusterCredentialsValid = "CredentialsValid"
	// ClusterCredentialsScoped is True while the stored credentials have the rights that
	// KubeNova needs and are not those of an administrator.
	ClusterCredentialsScoped = "CredentialsScoped"
	// ClusterCredentialsExchanged is True when KubeNova works with a ServiceAccount of its
	// own and has forgotten the kubeconfig that was given. Clusters that do not ask for
	// that have no such condition.
	ClusterCredentialsExchanged = "CredentialsExchanged"
	// ClusterTenancyReady is True while Capsule is installed and serves its API.
	ClusterTenancyReady = "TenancyReady"
	// ClusterProxyReady is True while capsule-proxy is installed.
	ClusterProxyReady = "ProxyReady"
	// ClusterAppDeliveryReady is True while KubeVela is installed and serves its API.
	ClusterAppDeliveryReady = "AppDeliveryReady"
)

// +genclient
// +genclient:nonNamespaced
// +genclient:method=CreateKubeconfig,verb=create,subresource=kubeconfig,input=ClusterKubeconfig,result=ClusterKubeconfig
// +genclient:method=GetKubeconfig,verb=get,subresource=kubeconfig,result=ClusterKubeconfig
// +genclient:method=GetCapabilities,verb=get,subresource=capabilities
// +genclient:method=CreateBootstrap,verb=create,subresource=bootstrap,input=ClusterBootstrap,result=ClusterBootstrap
// +genclient:method=CreateCleanup,verb=create,subresource=cleanup,input=ClusterCleanup,result=ClusterCleanup
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object
// +k8s:supportsSubresource="/status"

// Cluster is a registered Kubernetes cluster that tenants are placed on.
// Its credentials are written through the kubeconfig subresource and live in a
// store of their own, encrypted at rest.
type Cluster struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted of the cluster.
	// +optional
	Spec ClusterSpec `json:"spec,omitempty"`

	// status is what was last seen of the cluster.
	// +optional
	Status ClusterStatus `json:"status,omitempty"`
}

// ClusterSpec is what is wanted of a cluster.
type ClusterSpec struct {
	// credentialsRevision counts the writes to the kubeconfig subresource; 0 means
	// that there are no credentials. Set by the server; other writes leave it alone.
	// +optional
	// +k8s:optional
	CredentialsRevision int64 `json:"credentialsRevision,omitempty"`

	// exchangeCredentials has KubeNova make a ServiceAccount of its own on the cluster,
	// with just the rights that it needs, work with tokens of that, and forget the
	// kubeconfig that was given. Components that were asked for are installed before.
	// +optional
	// +k8s:optional
	ExchangeCredentials bool `json:"exchangeCredentials,omitempty"`

	// components are the parts that KubeNova installs and repairs on the cluster,
	// added through the bootstrap subresource.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=8
	Components []ClusterComponent `json:"components,omitempty"`

	// proxyURL is the https URL of the cluster's capsule-proxy, which issued
	// kubeconfigs lead to. Defaults to the server's CAPSULE_PROXY_URL; without
	// either they lead to the cluster's API server.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=2048
	ProxyURL string `json:"proxyURL,omitempty"`

	// proxyCA is the CA bundle, in PEM, that vouches for proxyURL. Without one,
	// the authorities of the kubeconfig's user do.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=65536
	ProxyCA string `json:"proxyCA,omitempty"`
}

// ComponentName names a part that KubeNova can install on a cluster.
// +enum
// +k8s:enum
type ComponentName string

// Components that KubeNova can install.
const (
	// ComponentTenancy is Capsule.
	ComponentTenancy ComponentName = "tenancy"
	// ComponentProxy is capsule-proxy.
	ComponentProxy ComponentName = "proxy"
	// ComponentAppDelivery is KubeVela.
	ComponentAppDelivery ComponentName = "app-delivery"
)

// ClusterComponent is a part that KubeNova installs on a cluster.
type ClusterComponent struct {
	// name of the component.
	// +required
	// +k8s:required
	Name ComponentName `json:"name"`

	// requestedAt is when the component was last asked for; a newer time asks
	// for a repair.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	RequestedAt *metav1.Time `json:"requestedAt,omitempty"`
}

// ClusterStatus is what was last seen of a cluster.
type ClusterStatus struct {
	ConditionedStatus `json:",inline"`

	// kubernetesVersion is the version of the cluster's API server, such as v1.37.2.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`

	// lastSeenTime is when the cluster last answered, as far as that was known when
	// another part of the status changed: it is not written for its own sake.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	LastSeenTime *metav1.Time `json:"lastSeenTime,omitempty"`

	// credentialsExpireTime is when the stored client certificate or token expires.
	// Empty when neither says so.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	CredentialsExpireTime *metav1.Time `json:"credentialsExpireTime,omitempty"`

	// components are the parts found on the cluster, whoever installed them.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +k8s:optional
	// +k8s:listType=map
	// +k8s:listMapKey=name
	// +k8s:maxItems=8
	Components []ClusterComponentStatus `json:"components,omitempty"`
}

// ClusterComponentStatus is a part that was found on a cluster.
type ClusterComponentStatus struct {
	// name of the component.
	// +required
	// +k8s:required
	Name ComponentName `json:"name"`

	// version that runs, when it can be told.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	Version string `json:"version,omitempty"`

	// requestedAt is the request that was last carried out.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	RequestedAt *metav1.Time `json:"requestedAt,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterList is a list of clusters.
type ClusterList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []Cluster `json:"items"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterKubeconfig carries a cluster's credentials to and from the kubeconfig
// subresource of a cluster. A write answers without the kubeconfig; a read
// needs the verb get on clusters/kubeconfig, which only controllers should have.
// The resource version of what was read is a precondition of a write that has it.
type ClusterKubeconfig struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec holds the credentials.
	// +optional
	Spec ClusterKubeconfigSpec `json:"spec,omitempty"`
}

// ClusterKubeconfigSpec holds a cluster's credentials.
type ClusterKubeconfigSpec struct {
	// kubeconfig is a kubeconfig file. Its current context alone is kept, and of
	// that only inline server, CA, client certificate, key and token.
	// +optional
	// +k8s:optional
	Kubeconfig []byte `json:"kubeconfig,omitempty"`

	// clusterUID is the uid of the cluster that the credentials were stored for.
	// Set by the server.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=64
	ClusterUID string `json:"clusterUID,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterKubeconfigList is the list type that the credentials' store needs; no path serves it.
type ClusterKubeconfigList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterKubeconfig `json:"items"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// ClusterBootstrap asks for a component to be installed or repaired: the body of
// a POST to the bootstrap subresource of a cluster.
type ClusterBootstrap struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what to install.
	// +required
	Spec ClusterBootstrapSpec `json:"spec"`
}

// ClusterBootstrapSpec says what to install.
type ClusterBootstrapSpec struct {
	// component to install or repair.
	// +required
	// +k8s:required
	Component ComponentName `json:"component"`
}
