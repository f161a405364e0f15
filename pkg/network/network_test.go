package network_test

import (
	"encoding/json"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/network"
)

const closed = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    kubenova.app: shop
    kubenova.project: web
    kubenova.tenant: acme
  name: kubenova-app-shop
  namespace: acme--web
spec:
  egress:
  - to:
    - podSelector: {}
  ingress:
  - from:
    - podSelector: {}
  podSelector:
    matchLabels:
      app.oam.dev/name: shop
  policyTypes:
  - Ingress
  - Egress
`

func TestPolicy(t *testing.T) {
	for _, none := range []*v1alpha1.RenderedNetwork{nil, {}, {AllowDNS: true, AllowMetrics: true}} {
		if policy := network.PolicyFor(none, "acme", "web", "shop"); policy != nil {
			t.Errorf("%+v gives %v", none, policy)
		}
	}
	policy := network.PolicyFor(&v1alpha1.RenderedNetwork{DefaultDeny: true}, "acme", "web", "shop")
	data, err := yaml.Marshal(policy.Object)
	if err != nil {
		t.Fatal(err)
	}
	if string(data) != closed {
		t.Errorf("got:\n%s", data)
	}
}

// TestPolicyAllows reads the policy with Kubernetes' own types, which know every field.
func TestPolicyAllows(t *testing.T) {
	data, err := json.Marshal(network.PolicyFor(&v1alpha1.RenderedNetwork{DefaultDeny: true, AllowDNS: true, AllowMetrics: true}, "acme", "web", "shop").Object)
	if err != nil {
		t.Fatal(err)
	}
	var policy networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict(data, &policy); err != nil {
		t.Fatal(err)
	}
	if len(policy.Spec.Ingress) != 2 || len(policy.Spec.Egress) != 2 {
		t.Fatalf("%s", data)
	}
	from := policy.Spec.Ingress[1].From
	if len(from) != 1 || from[0].PodSelector != nil || from[0].NamespaceSelector.MatchExpressions[0].Values[0] != "monitoring" {
		t.Errorf("metrics are allowed from %+v", from)
	}
	dns := policy.Spec.Egress[1]
	if dns.To[0].NamespaceSelector.MatchExpressions[0].Values[0] != "kube-system" || len(dns.Ports) != 2 || dns.Ports[0].Port.IntValue() != 53 {
		t.Errorf("DNS is allowed to %+v", dns)
	}
}

func TestNames(t *testing.T) {
	if app, ok := network.AppOf(network.Name("shop")); !ok || app != "shop" {
		t.Errorf("%q, %v", app, ok)
	}
	for _, other := range []string{"kubenova-app-", "capsule-acme-0", ""} {
		if app, ok := network.AppOf(other); ok {
			t.Errorf("%q is of the app %q", other, app)
		}
	}
}
