package capsule

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// labelNamespace is the label by which every cluster knows the name of a namespace.
	labelNamespace = corev1.LabelMetadataName
	dnsNamespace   = "kube-system"
	dnsPort        = int64(53)
)

// networkPoliciesFor are the NetworkPolicies of every namespace of a tenant, which
// Capsule names capsule-<tenant>-<number>: one that refuses everything, and one
// that allows what is allowed. Without defaultDeny there are none: a policy that
// only allows would refuse the rest all the same.
func networkPoliciesFor(t *v1alpha1.Tenant) []any {
	wanted := t.Spec.NetworkPolicies
	if wanted == nil || !wanted.DefaultDeny {
		return []any{}
	}
	within := map[string]any{"podSelector": map[string]any{}}
	ingress, egress := []any{within}, []any{within}
	if wanted.AllowWithinTenant {
		tenant := namespaces(LabelTenant, t.Name)
		ingress, egress = append(ingress, tenant), append(egress, tenant)
	}
	for _, namespace := range wanted.AllowFromNamespaces {
		ingress = append(ingress, namespaces(labelNamespace, namespace))
	}
	for _, cidr := range wanted.AllowToCIDRs {
		egress = append(egress, map[string]any{"ipBlock": map[string]any{"cidr": cidr}})
	}
	out := []any{map[string]any{"to": egress}}
	if wanted.AllowDNS == nil || *wanted.AllowDNS {
		out = append(out, map[string]any{
			"to":    []any{namespaces(labelNamespace, dnsNamespace)},
			"ports": []any{port("UDP"), port("TCP")},
		})
	}
	both := []any{"Ingress", "Egress"}
	return []any{
		map[string]any{"podSelector": map[string]any{}, "policyTypes": both},
		map[string]any{
			"podSelector": map[string]any{}, "policyTypes": both,
			"ingress": []any{map[string]any{"from": ingress}}, "egress": out,
		},
	}
}

// namespaces selects all pods of the namespaces with a label. Tenants can change
// neither of the labels that are used.
func namespaces(label, value string) map[string]any {
	return map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]any{label: value}}}
}

func port(protocol string) map[string]any {
	return map[string]any{"protocol": protocol, "port": dnsPort}
}
