package clusters

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Finding is one thing that a probe found.
type Finding struct {
	Status metav1.ConditionStatus
	// Reason is a word for machines, Message a sentence for people.
	Reason, Message string
}

func (f Finding) ok() bool { return f.Status == metav1.ConditionTrue }

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
	// KubernetesVersion of the API server.
	KubernetesVersion string
	// Tenancy is Capsule, Proxy is capsule-proxy, AppDelivery is KubeVela.
	Tenancy, Proxy, AppDelivery Part
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
