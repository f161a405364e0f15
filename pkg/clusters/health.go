package clusters

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Finding is one thing that a probe found.
type Finding struct {
	Status metav1.ConditionStatus
	// Reason is a word for machines, Message a sentence for people.
	Reason, Message string
}

func (f Finding) ok() bool { return f.Status == metav1.ConditionTrue }

// Condition is the finding as a condition of a type.
func (f Finding) Condition(kind string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: f.Status, Reason: f.Reason, Message: f.Message}
}

// Part is a part of the platform on a cluster, and its version when that can be told.
type Part struct {
	Finding
	Version string
}

// Health is what the last probe of a cluster found. Two that are equal say the same.
type Health struct {
	// Connected is true while the API server answers.
	Connected Finding
	// CredentialsValid is true while it accepts the credentials.
	CredentialsValid Finding
	// Rights says whether they may do what KubeNova needs, and no more. It has no
	// status while nobody looked.
	Rights Finding
	// KubernetesVersion of the API server.
	KubernetesVersion string
	// Tenancy is Capsule, Proxy is capsule-proxy, AppDelivery is KubeVela.
	Tenancy, Proxy, AppDelivery Part
}

// Conditions are those of a Cluster, the two about the connection first.
func (h Health) Conditions() []metav1.Condition {
	out := []metav1.Condition{
		h.Connected.Condition(v1alpha1.ClusterConnected),
		h.CredentialsValid.Condition(v1alpha1.ClusterCredentialsValid),
		h.Tenancy.Condition(v1alpha1.ClusterTenancyReady),
		h.Proxy.Condition(v1alpha1.ClusterProxyReady),
		h.AppDelivery.Condition(v1alpha1.ClusterAppDeliveryReady),
	}
	if h.Rights.Status != "" {
		out = append(out, h.Rights.Condition(v1alpha1.ClusterCredentialsScoped))
	}
	return out
}

// Parts are the parts of the platform by their names.
func (h Health) Parts() map[v1alpha1.ComponentName]Part {
	return map[v1alpha1.ComponentName]Part{
		v1alpha1.ComponentTenancy:     h.Tenancy,
		v1alpha1.ComponentProxy:       h.Proxy,
		v1alpha1.ComponentAppDelivery: h.AppDelivery,
	}
}

// Probed is false before the first probe, when nothing is known.
func (h Health) Probed() bool { return h != *unknownHealth() }

// unknownHealth is that of a cluster that was not yet probed.
func unknownHealth() *Health {
	unknown := Finding{metav1.ConditionUnknown, "NotProbed", "The cluster was not yet probed."}
	return &Health{
		Connected: unknown, CredentialsValid: unknown,
		Tenancy: Part{Finding: unknown}, Proxy: Part{Finding: unknown}, AppDelivery: Part{Finding: unknown},
	}
}

// unreachable is the health of a cluster whose state cannot be told, for the reason given.
func unreachable(connected, credentials Finding) Health {
	unknown := Part{Finding: Finding{metav1.ConditionUnknown, "ClusterUnavailable", "The cluster cannot be asked."}}
	return Health{Connected: connected, CredentialsValid: credentials, Tenancy: unknown, Proxy: unknown, AppDelivery: unknown}
}

// Unregistered is the health of a cluster without usable credentials.
func Unregistered(reason, message string) Health {
	return unreachable(Finding{metav1.ConditionFalse, reason, message}, Finding{metav1.ConditionFalse, reason, message})
}
