// Package network translates what a revision says of an app's traffic to a
// NetworkPolicy. Its functions are pure.
package network

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// labelApp is on every pod of an app: KubeVela sets it, and apps cannot.
	labelApp     = "app.oam.dev/name"
	prefix       = "kubenova-app-"
	dnsNamespace = "kube-system"
	dnsPort      = int64(53)
)

// monitoring are the namespaces from which AllowMetrics lets requests in. They are
// known by their names: the namespaces of tenants have others, and their owners
// can give them any label.
func monitoring() []any {
	return []any{"monitoring", "prometheus", "observability", "kube-system"}
}

// Name is the name of the NetworkPolicy of an app.
func Name(app string) string { return prefix + app }

// AppOf is the inverse of Name; it is false for other NetworkPolicies.
func AppOf(name string) (app string, ok bool) {
	app, ok = strings.CutPrefix(name, prefix)
	return app, ok && app != ""
}

// PolicyFor returns the NetworkPolicy of an app's pods, or nil when nothing is
// denied. Traffic within the namespace stays allowed both ways.
func PolicyFor(wanted *v1alpha1.RenderedNetwork, tenant, project, app string) *unstructured.Unstructured {
	if wanted == nil || !wanted.DefaultDeny {
		return nil
	}
	within := map[string]any{"podSelector": map[string]any{}}
	ingress := []any{map[string]any{"from": []any{within}}}
	egress := []any{map[string]any{"to": []any{within}}}
	if wanted.AllowMetrics {
		ingress = append(ingress, map[string]any{"from": []any{namespaces(monitoring()...)}})
	}
	if wanted.AllowDNS {
		egress = append(egress, map[string]any{
			"to":    []any{namespaces(dnsNamespace)},
			"ports": []any{port("UDP"), port("TCP")},
		})
	}
	out := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
		"spec": map[string]any{
			"podSelector": map[string]any{"matchLabels": map[string]any{labelApp: app}},
			"policyTypes": []any{"Ingress", "Egress"},
			"ingress":     ingress,
			"egress":      egress,
		},
	}}
	out.SetNamespace(v1alpha1.TargetNamespace(tenant, project))
	out.SetName(Name(app))
	out.SetLabels(map[string]string{v1alpha1.LabelTenant: tenant, v1alpha1.LabelProject: project, v1alpha1.LabelApp: app})
	return out
}

// namespaces selects all pods of the namespaces with these names.
func namespaces(names ...any) map[string]any {
	return map[string]any{"namespaceSelector": map[string]any{"matchExpressions": []any{
		map[string]any{"key": corev1.LabelMetadataName, "operator": "In", "values": names},
	}}}
}

func port(protocol string) map[string]any {
	return map[string]any{"protocol": protocol, "port": dnsPort}
}
