package chart_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/test/chart"
)

const (
	dir = "../../charts/kubenova"
	// Other names than those of the chart and of artifacts.
	releaseName      = "blue"
	releaseNamespace = "platform"
	caPEM            = chart.CAPEM
	plans            = chart.Plans
)

func valueSets() map[string]map[string]any { return chart.ValueSets() }

func minimal() map[string]any { return chart.Minimal() }

func release(values map[string]any) chart.Release {
	return chart.Release{Dir: dir, Name: releaseName, Namespace: releaseNamespace, Values: values}
}

// render returns the objects of a release, each decoded strictly into its type.
func render(t *testing.T, r chart.Release) []client.Object {
	t.Helper()
	documents, notes, err := r.Render()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(notes, "namespace "+releaseNamespace) {
		t.Errorf("the notes do not name the namespace:\n%s", notes)
	}
	return decode(t, documents)
}

func decode(t *testing.T, documents []string) []client.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiregistrationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	objects := make([]client.Object, 0, len(documents))
	for _, document := range documents {
		foreign := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &foreign.Object); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if chart.Foreign(foreign.GroupVersionKind().Group) {
			objects = append(objects, foreign)
			continue
		}
		decoded, _, err := decoder.Decode([]byte(document), nil, nil)
		if err != nil {
			t.Fatalf("decoding: %v\n%s", err, document)
		}
		object, ok := decoded.(client.Object)
		if !ok {
			t.Fatalf("%T is not an object", decoded)
		}
		objects = append(objects, object)
	}
	return objects
}

// key names an object: Kind namespace/name.
func key(object client.Object) string {
	kind := object.GetObjectKind().GroupVersionKind().Kind
	return fmt.Sprintf("%s %s/%s", kind, object.GetNamespace(), object.GetName())
}

func find[T client.Object](t *testing.T, objects []client.Object, name string) T {
	t.Helper()
	for _, object := range objects {
		if found, ok := object.(T); ok && found.GetName() == name {
			return found
		}
	}
	var none T
	t.Fatalf("no %T is named %s", none, name)
	return none
}

func TestLint(t *testing.T) {
	version, err := common.ParseKubeVersion(chart.KubeVersion)
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range valueSets() {
		t.Run(name, func(t *testing.T) {
			result := lint.RunAll(path, values, releaseNamespace, lint.WithKubeVersion(version))
			for _, message := range result.Messages {
				if message.Severity > support.InfoSev {
					t.Error(message)
				}
			}
		})
	}
}

// TestObjects compares what is rendered with the list of what should be.
func TestObjects(t *testing.T) {
	always := []string{
		"APIService /v1alpha1.kubenova.io",
		"ClusterRole /kubenova-admin", "ClusterRole /kubenova-edit", "ClusterRole /kubenova-view", "ClusterRole /kubenova-view-all",
		"ClusterRole /kubenova:apiserver", "ClusterRole /kubenova:controller-manager", "ClusterRole /kubenova:members", "ClusterRole /kubenova:see-all",
		"ClusterRoleBinding /kubenova:apiserver", "ClusterRoleBinding /kubenova:apiserver:auth-delegator",
		"ClusterRoleBinding /kubenova:controller-manager", "ClusterRoleBinding /kubenova:members", "ClusterRoleBinding /kubenova:see-all",
		"Deployment platform/kubenova-apiserver", "Deployment platform/kubenova-controller-manager",
		"Role platform/kubenova:leader-election", "RoleBinding platform/kubenova:leader-election",
		"RoleBinding kube-system/kubenova:apiserver:authentication-reader",
		"Service platform/kubenova-apiserver",
		"ServiceAccount platform/kubenova-apiserver", "ServiceAccount platform/kubenova-controller-manager",
	}
	secrets := []string{"Secret platform/kubenova-apiserver-encryption", "Secret platform/kubenova-apiserver-tls"}
	budgets := []string{"PodDisruptionBudget platform/kubenova-apiserver", "PodDisruptionBudget platform/kubenova-controller-manager"}
	policies := []string{"NetworkPolicy platform/kubenova-apiserver", "NetworkPolicy platform/kubenova-controller-manager"}
	want := map[string][]string{
		"minimal": slices.Concat(always, secrets, budgets),
		"single":  slices.Concat(always, secrets, []string{"ConfigMap platform/kubenova-catalog"}),
		"given":   slices.Concat(always, budgets),
		"trial": slices.Concat(always, secrets, policies, []string{
			"NetworkPolicy platform/kubenova-etcd", "Service platform/kubenova-etcd", "StatefulSet platform/kubenova-etcd",
			"HTTPRoute platform/kubenova", "BackendTLSPolicy platform/kubenova-apiserver", "ConfigMap platform/kubenova-apiserver-ca",
			"ConfigMap platform/kubenova-dashboards",
		}),
		"whole": slices.Concat(always, secrets[:1], budgets, policies, []string{
			"Certificate platform/kubenova-apiserver-ca", "Certificate platform/kubenova-apiserver-tls", "Ingress platform/kubenova",
			"Issuer platform/kubenova-apiserver-ca", "Issuer platform/kubenova-apiserver-selfsigned", "ServiceMonitor platform/kubenova-apiserver",
			"PodMonitor platform/kubenova-controller-manager", "PrometheusRule platform/kubenova",
			"HTTPRoute platform/kubenova", "BackendTLSPolicy platform/kubenova-apiserver",
		}),
	}
	for name, values := range valueSets() {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, object := range render(t, release(values)) {
				got = append(got, key(object))
			}
			slices.Sort(got)
			slices.Sort(want[name])
			if !slices.Equal(got, want[name]) {
				t.Errorf("rendered\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want[name], "\n"))
			}
		})
	}
}

func TestSchemaRefuses(t *testing.T) {
	etcd := func(etcd map[string]any) map[string]any { return map[string]any{"etcd": etcd} }
	with := func(name string, value any) map[string]any {
		values := minimal()
		values[name] = value
		return values
	}
	with2 := func(values map[string]any, name string, value any) map[string]any {
		values[name] = value
		return values
	}
	endpoints := []any{"https://etcd.data:2379"}
	cases := map[string]struct {
		values map[string]any
		named  string
	}{
		"no etcd":             {map[string]any{}, "/etcd/endpoints"},
		"etcd without scheme": {etcd(map[string]any{"endpoints": []any{"etcd.data:2379"}}), "/etcd/endpoints/0"},
		"etcd list in one":    {etcd(map[string]any{"endpoints": []any{"https://a:2379,https://b:2379"}}), "/etcd/endpoints/0"},
		"TLS over http":       {etcd(map[string]any{"endpoints": []any{"http://a:2379"}, "tlsSecret": "etcd"}), "/etcd/endpoints/0"},
		"relative prefix":     {etcd(map[string]any{"endpoints": endpoints, "prefix": "registry"}), "/etcd/prefix"},
		"Secret name":         {with("encryption", map[string]any{"existingSecret": "Our_Key"}), "/encryption/existingSecret"},
		"no caBundle":         {with("servingCertificate", map[string]any{"existingSecret": "tls"}), "/servingCertificate/caBundle"},
		"caBundle alone":      {with("servingCertificate", map[string]any{"caBundle": caPEM}), "/servingCertificate/caBundle"},
		"port":                {with("service", map[string]any{"port": 70000}), "/service/port"},
		"no replicas":         {with("apiserver", map[string]any{"replicas": 0}), "/apiserver/replicas"},
		"replicas in words":   {with("controllerManager", map[string]any{"replicas": "two"}), "/controllerManager/replicas"},
		"no target":           {with("controllerManager", map[string]any{"allowTargetCIDRs": []any{}}), "/controllerManager/allowTargetCIDRs"},
		"target host":         {with("controllerManager", map[string]any{"allowTargetCIDRs": []any{"example.com"}}), "/controllerManager/allowTargetCIDRs/0"},
		"quantity":            {with("apiserver", map[string]any{"resources": map[string]any{"limits": map[string]any{"memory": "lots"}}}), "/apiserver/resources/limits/memory"},
		"tag":                 {with("image", map[string]any{"tag": "a:b"}), "/image/tag"},
		"pull policy":         {with("image", map[string]any{"pullPolicy": "Sometimes"}), "/image/pullPolicy"},
		"topology":            {with("topologySpread", map[string]any{"whenUnsatisfiable": "Never"}), "/topologySpread/whenUnsatisfiable"},
		"catalog twice":       {with("catalog", map[string]any{"existingConfigMap": "x", "files": map[string]any{"plans.json": "[]"}}), "/catalog/files"},
		"no file of it":       {with("catalog", map[string]any{"files": map[string]any{"plan.json": "[]"}}), "'plan.json'"},
		"unknown section":     {with("gateways", map[string]any{"enabled": true}), "'gateways'"},
		"gateway of nobody":   {with("gateway", map[string]any{"enabled": true}), "/gateway/parentRefs"},
		"gateway's authority": {with2(with("gateway", map[string]any{"enabled": true, "parentRefs": []any{map[string]any{"name": "x"}}}), "servingCertificate", map[string]any{"certManager": map[string]any{"enabled": true}}), "gateway.caConfigMap"},
		"label of a number":   {with("dashboards", map[string]any{"labels": map[string]any{"grafana_dashboard": 1}}), "/dashboards/labels/grafana_dashboard"},
		"ingress of no host":  {with("ingress", map[string]any{"enabled": true}), "/ingress/host"},
		"two etcds":           {etcd(map[string]any{"endpoints": endpoints, "embedded": map[string]any{"enabled": true}}), "/etcd/endpoints"},
		"storage":             {etcd(map[string]any{"embedded": map[string]any{"enabled": true, "storage": "lots"}}), "/etcd/embedded/storage"},
		"two certificates":    {with("servingCertificate", map[string]any{"existingSecret": "tls", "caBundle": caPEM, "certManager": map[string]any{"enabled": true}}), "/servingCertificate/existingSecret"},
		"issuer without name": {with("servingCertificate", map[string]any{"certManager": map[string]any{"enabled": true, "issuerRef": map[string]any{"kind": "Issuer"}}}), "/servingCertificate/certManager/issuerRef"},
		"affinity":            {with("podAntiAffinity", "sometimes"), "/podAntiAffinity"},
		"unknown value":       {with("service", map[string]any{"ports": 1}), "'ports'"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := release(test.values).Render()
			if err == nil || !strings.Contains(err.Error(), test.named) {
				t.Errorf("got %v, want an error that names %s", err, test.named)
			}
		})
	}
}
