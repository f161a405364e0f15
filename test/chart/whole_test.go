package chart_test

import (
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
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

// TestNetworkPolicies compares what is let in with what is served.
func TestNetworkPolicies(t *testing.T) {
	objects := render(t, release(valueSets()["whole"]))
	for _, component := range []string{"kubenova-apiserver", "kubenova-controller-manager"} {
		template := find[*appsv1.Deployment](t, objects, component).Spec.Template
		guard := find[*networkingv1.NetworkPolicy](t, objects, component).Spec
		selects(t, "the NetworkPolicy", &guard.PodSelector, template.Labels)
		if len(guard.Ingress) != 1 || len(guard.Ingress[0].Ports) != 1 || guard.Ingress[0].Ports[0].Port.StrVal != template.Spec.Containers[0].Ports[0].Name ||
			!slices.Equal(guard.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) {
			t.Errorf("%s: got %+v", component, guard)
		}
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
