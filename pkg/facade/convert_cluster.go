package facade

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// cluster is the REST form of a Cluster. Credentials have none.
type cluster struct {
	UID               string            `json:"uid"`
	Name              string            `json:"name"`
	Labels            map[string]string `json:"labels"`
	CreatedAt         time.Time         `json:"createdAt"`
	KubernetesVersion string            `json:"kubernetesVersion,omitempty"`
	// ExchangeCredentials is absent where it is not asked for.
	ExchangeCredentials bool   `json:"exchangeCredentials,omitempty"`
	ProxyURL            string `json:"proxyURL,omitempty"`
	ProxyCA             string `json:"proxyCA,omitempty"`
	// LastSeenAt and CredentialsExpireAt are absent where they are not known.
	LastSeenAt          *time.Time  `json:"lastSeenAt,omitempty"`
	CredentialsExpireAt *time.Time  `json:"credentialsExpireAt,omitempty"`
	Conditions          []condition `json:"conditions"`
}

func fromCluster(c *v1alpha1.Cluster) cluster {
	return cluster{
		UID: string(c.UID), Name: c.Name, Labels: stringMap(c.Labels), CreatedAt: c.CreationTimestamp.UTC(),
		KubernetesVersion: c.Status.KubernetesVersion, ExchangeCredentials: c.Spec.ExchangeCredentials,
		ProxyURL: c.Spec.ProxyURL, ProxyCA: c.Spec.ProxyCA,
		LastSeenAt: utc(c.Status.LastSeenTime), CredentialsExpireAt: utc(c.Status.CredentialsExpireTime),
		Conditions: fromConditions(c.Status.Conditions),
	}
}

// clusterUpdate is the body that changes a cluster. What is nil stays.
type clusterUpdate struct {
	UID                 string            `json:"uid"`
	Name                string            `json:"name"`
	Labels              map[string]string `json:"labels"`
	CreatedAt           *time.Time        `json:"createdAt"`
	ExchangeCredentials *bool             `json:"exchangeCredentials"`
	ProxyURL            *string           `json:"proxyURL"`
	ProxyCA             *string           `json:"proxyCA"`
}

func (body clusterUpdate) apply(c *v1alpha1.Cluster) error {
	if err := checkReadOnly(c, body.Name, body.UID, body.CreatedAt); err != nil {
		return err
	}
	if body.Labels != nil {
		c.Labels = replaceLabels(c.Labels, body.Labels)
	}
	c.Spec.ExchangeCredentials = ptr.Deref(body.ExchangeCredentials, c.Spec.ExchangeCredentials)
	c.Spec.ProxyURL = ptr.Deref(body.ProxyURL, c.Spec.ProxyURL)
	c.Spec.ProxyCA = ptr.Deref(body.ProxyCA, c.Spec.ProxyCA)
	return nil
}

// capabilities are what one cluster offers at the moment, with versions.
type capabilities struct {
	Tenancy bool              `json:"tenancy"`
	Vela    bool              `json:"vela"`
	Proxy   bool              `json:"proxy"`
	Details capabilityDetails `json:"details"`
}

// capabilityDetails holds the versions that run, empty where they cannot be told.
type capabilityDetails struct {
	Kubernetes string `json:"kubernetes,omitempty"`
	Tenancy    string `json:"tenancy,omitempty"`
	Vela       string `json:"vela,omitempty"`
	Proxy      string `json:"proxy,omitempty"`
}

func fromCapabilities(c *v1alpha1.Cluster) capabilities {
	out := capabilities{
		Tenancy: meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ClusterTenancyReady),
		Vela:    meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ClusterAppDeliveryReady),
		Proxy:   meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ClusterProxyReady),
		Details: capabilityDetails{Kubernetes: c.Status.KubernetesVersion},
	}
	for _, component := range c.Status.Components {
		switch component.Name {
		case v1alpha1.ComponentTenancy:
			out.Details.Tenancy = component.Version
		case v1alpha1.ComponentAppDelivery:
			out.Details.Vela = component.Version
		case v1alpha1.ComponentProxy:
			out.Details.Proxy = component.Version
		}
	}
	return out
}

// features are what KubeNova as a whole offers.
type features struct {
	Tenancy     bool `json:"tenancy"`
	Proxy       bool `json:"proxy"`
	AppDelivery bool `json:"appDelivery"`
}

// fromClusters counts a feature in when one of the clusters offers it.
func fromClusters(clusters []*v1alpha1.Cluster) features {
	var out features
	for _, c := range clusters {
		one := fromCapabilities(c)
		out.Tenancy = out.Tenancy || one.Tenancy
		out.Proxy = out.Proxy || one.Proxy
		out.AppDelivery = out.AppDelivery || one.Vela
	}
	return out
}

// cleanupAction is one step that a cleanup would take.
type cleanupAction struct {
	Action    string `json:"action"`
	Resource  string `json:"resource"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
}

func fromCleanup(c *v1alpha1.ClusterCleanup) []cleanupAction {
	out := make([]cleanupAction, 0, len(c.Status.Actions))
	for _, a := range c.Status.Actions {
		out = append(out, cleanupAction{a.Action, a.Resource, a.Namespace, a.Name, a.Reason})
	}
	return out
}
