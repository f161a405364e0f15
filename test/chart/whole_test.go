package chart_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/diff"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// foreign returns an object of a kind that Kubernetes does not have.
func foreign(t *testing.T, objects []client.Object, wanted string) map[string]any {
	t.Helper()
	at := slices.IndexFunc(objects, func(o client.Object) bool { return key(o) == wanted })
	if at < 0 {
		t.Fatalf("there is no %s", wanted)
	}
	return objects[at].(*unstructured.Unstructured).Object
}

// TestCertManager follows the certificate from its authority to the server and to
// whoever calls it.
func TestCertManager(t *testing.T) {
	objects := render(t, release(valueSets()["whole"]))
	certificate := foreign(t, objects, "Certificate platform/kubenova-apiserver-tls")
	text := func(object map[string]any, path ...string) string {
		value, _, _ := unstructured.NestedString(object, path...)
		return value
	}
	authority := foreign(t, objects, "Issuer platform/"+text(certificate, "spec", "issuerRef", "name"))
	ca := foreign(t, objects, "Certificate platform/"+text(authority, "spec", "ca", "secretName"))
	foreign(t, objects, "Issuer platform/"+text(ca, "spec", "issuerRef", "name"))
	if isCA, _, _ := unstructured.NestedBool(ca, "spec", "isCA"); !isCA || text(ca, "spec", "secretName") != text(authority, "spec", "ca", "secretName") {
		t.Errorf("the authority is %v", ca)
	}
	names, _, _ := unstructured.NestedStringSlice(certificate, "spec", "dnsNames")
	if !slices.Contains(names, "kubenova-apiserver.platform.svc") {
		t.Errorf("the certificate is for %v", names)
	}
	mounted := secretVolumes(find[*appsv1.Deployment](t, objects, "kubenova-apiserver"))
	if secret := text(certificate, "spec", "secretName"); !slices.Contains(mounted, secret) {
		t.Errorf("the server mounts %v, the certificate is in %s", mounted, secret)
	}
	registration := find[*apiregistrationv1.APIService](t, objects, "v1alpha1.kubenova.io")
	from := registration.Annotations["cert-manager.io/inject-ca-from"]
	if from != "platform/kubenova-apiserver-tls" || len(registration.Spec.CABundle) > 0 {
		t.Errorf("the APIService gets its authority from %q and has %q", from, registration.Spec.CABundle)
	}
	given := valueSets()["whole"]
	given["servingCertificate"].(map[string]any)["certManager"].(map[string]any)["issuerRef"] = map[string]any{"name": "corp", "kind": "ClusterIssuer"}
	objects = render(t, release(given))
	certificate = foreign(t, objects, "Certificate platform/kubenova-apiserver-tls")
	if text(certificate, "spec", "issuerRef", "name") != "corp" || text(certificate, "spec", "issuerRef", "kind") != "ClusterIssuer" {
		t.Errorf("the certificate is %v", certificate["spec"])
	}
}

func TestIngressServesRESTAlone(t *testing.T) {
	objects := render(t, release(valueSets()["whole"]))
	ingress := find[*networkingv1.Ingress](t, objects, "kubenova")
	rule := ingress.Spec.Rules[0]
	service := find[*corev1.Service](t, objects, rule.HTTP.Paths[0].Backend.Service.Name)
	if len(ingress.Spec.Rules) != 1 || len(rule.HTTP.Paths) != 1 || rule.HTTP.Paths[0].Path != "/api/v1" || rule.Host != "kubenova.example.com" ||
		rule.HTTP.Paths[0].Backend.Service.Port.Name != service.Spec.Ports[0].Name || ingress.Spec.TLS[0].SecretName != "public-tls" || *ingress.Spec.IngressClassName != "nginx" {
		t.Errorf("got %+v", ingress.Spec)
	}
}

// TestGatewayServesRESTAlone follows the route to the Service, and what vouches for it.
func TestGatewayServesRESTAlone(t *testing.T) {
	for set, wantCA := range map[string]string{"trial": "kubenova-apiserver-ca", "whole": "our-ca"} {
		objects := render(t, release(valueSets()[set]))
		route := foreign(t, objects, "HTTPRoute platform/kubenova")["spec"].(map[string]any)
		wantRoute := map[string]any{
			"parentRefs": []any{map[string]any{"name": "public", "namespace": "gateways", "sectionName": "https"}},
			"hostnames":  []any{"kubenova.example.com"},
			"rules": []any{map[string]any{
				"matches":     []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": "/api/v1"}}},
				"backendRefs": []any{map[string]any{"name": "kubenova-apiserver", "port": int64(443)}},
				"timeouts":    map[string]any{"request": "0s"},
			}},
		}
		if changes := diff.Diff(wantRoute, route); changes != "" {
			t.Errorf("%s (- want + got):\n%s", set, changes)
		}
		find[*corev1.Service](t, objects, "kubenova-apiserver")
		policy := foreign(t, objects, "BackendTLSPolicy platform/kubenova-apiserver")["spec"].(map[string]any)
		wantPolicy := map[string]any{
			"targetRefs": []any{map[string]any{"group": "", "kind": "Service", "name": "kubenova-apiserver"}},
			"validation": map[string]any{
				"hostname":          "kubenova-apiserver.platform.svc",
				"caCertificateRefs": []any{map[string]any{"group": "", "kind": "ConfigMap", "name": wantCA}},
			},
		}
		if changes := diff.Diff(wantPolicy, policy); changes != "" {
			t.Errorf("%s (- want + got):\n%s", set, changes)
		}
		if set == "trial" {
			registration := find[*apiregistrationv1.APIService](t, objects, "v1alpha1.kubenova.io")
			if ca := find[*corev1.ConfigMap](t, objects, wantCA).Data["ca.crt"]; ca != string(registration.Spec.CABundle) || ca == "" {
				t.Errorf("the Gateway trusts\n%s\nthe APIService\n%s", ca, registration.Spec.CABundle)
			}
		}
	}
}

// TestDashboardsAndAlerts compares them with those of artifacts.
func TestDashboardsAndAlerts(t *testing.T) {
	config := find[*corev1.ConfigMap](t, render(t, release(valueSets()["trial"])), "kubenova-dashboards")
	dashboard, err := os.ReadFile("../../artifacts/monitoring/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if config.Labels["grafana_dashboard"] != "1" || strings.TrimSpace(config.Data["kubenova.json"]) != strings.TrimSpace(string(dashboard)) {
		t.Errorf("labels are %v, the dashboard is\n%s", config.Labels, config.Data["kubenova.json"])
	}
	alerts, err := os.ReadFile("../../artifacts/monitoring/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := yaml.Unmarshal(alerts, &want); err != nil {
		t.Fatal(err)
	}
	rule := foreign(t, render(t, release(valueSets()["whole"])), "PrometheusRule platform/kubenova")
	if changes := diff.Diff(want, rule["spec"]); changes != "" {
		t.Errorf("the alerts are not those of artifacts (- artifacts + chart):\n%s", changes)
	}
}

// TestNetworkPolicies compares what is let in with what is served, and from where.
func TestNetworkPolicies(t *testing.T) {
	objects := render(t, release(valueSets()["whole"]))
	for component, want := range map[string]string{
		"kubenova-apiserver":          "https from anywhere",
		"kubenova-controller-manager": "health from anywhere, metrics from pods",
	} {
		template := find[*appsv1.Deployment](t, objects, component).Spec.Template
		guard := find[*networkingv1.NetworkPolicy](t, objects, component).Spec
		selects(t, "the NetworkPolicy", &guard.PodSelector, template.Labels)
		var got, served []string
		for i, rule := range guard.Ingress {
			from := "anywhere"
			if len(rule.From) == 1 && rule.From[0].NamespaceSelector != nil && rule.From[0].IPBlock == nil {
				from = "pods"
			}
			got = append(got, rule.Ports[0].Port.StrVal+" from "+from)
			served = append(served, template.Spec.Containers[0].Ports[i].Name+" from "+from)
		}
		if strings.Join(got, ", ") != want || !slices.Equal(got, served) || !slices.Equal(guard.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) {
			t.Errorf("%s: let in is %v, served %v, want %s", component, got, served, want)
		}
	}
}

// TestPodMonitor follows it to the port on which the controllers serve metrics.
func TestPodMonitor(t *testing.T) {
	objects := render(t, release(valueSets()["whole"]))
	monitor := foreign(t, objects, "PodMonitor platform/kubenova-controller-manager")
	template := find[*appsv1.Deployment](t, objects, "kubenova-controller-manager").Spec.Template
	selector, _, _ := unstructured.NestedStringMap(monitor, "spec", "selector", "matchLabels")
	selects(t, "the PodMonitor", metav1.SetAsLabelSelector(selector), template.Labels)
	endpoints, _, _ := unstructured.NestedSlice(monitor, "spec", "podMetricsEndpoints")
	port := template.Spec.Containers[0].Ports[1]
	if len(endpoints) != 1 || endpoints[0].(map[string]any)["port"] != port.Name ||
		!slices.Contains(template.Spec.Containers[0].Args, fmt.Sprintf("--metrics-address=:%d", port.ContainerPort)) {
		t.Errorf("asks %v of the port %v; arguments are %v", endpoints, port, template.Spec.Containers[0].Args)
	}
}

// TestServiceMonitor follows it to the Service, and checks whom it trusts.
func TestServiceMonitor(t *testing.T) {
	given := valueSets()["given"]
	given["serviceMonitor"] = map[string]any{"enabled": true}
	for name, values := range map[string]map[string]any{"whole": valueSets()["whole"], "given": given} {
		objects := render(t, release(values))
		monitor := foreign(t, objects, "ServiceMonitor platform/kubenova-apiserver")
		selector, _, _ := unstructured.NestedStringMap(monitor, "spec", "selector", "matchLabels")
		service := find[*corev1.Service](t, objects, "kubenova-apiserver")
		selects(t, "the ServiceMonitor", metav1.SetAsLabelSelector(selector), service.Labels)
		endpoints, _, _ := unstructured.NestedSlice(monitor, "spec", "endpoints")
		endpoint := endpoints[0].(map[string]any)
		tls := endpoint["tlsConfig"].(map[string]any)
		if endpoint["port"] != service.Spec.Ports[0].Name || tls["serverName"] != "kubenova-apiserver.platform.svc" || tls["insecureSkipVerify"] != nil {
			t.Errorf("%s: got %v", name, endpoint)
		}
		if name == "given" {
			ref, _, _ := unstructured.NestedString(tls, "ca", "configMap", "name")
			if ca := find[*corev1.ConfigMap](t, objects, ref); ca.Data["ca.crt"] != caPEM {
				t.Errorf("it trusts %q", ca.Data)
			}
		}
	}
}
