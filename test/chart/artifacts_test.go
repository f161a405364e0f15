package chart_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/diff"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// artifacts returns the objects of files of artifacts, moved to the namespace
// of the release.
func artifacts(t *testing.T, pattern string) []client.Object {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../artifacts", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("artifacts/%s: %v, %v", pattern, files, err)
	}
	var documents []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		moved := strings.ReplaceAll(string(data), "namespace: kubenova-system", "namespace: "+releaseNamespace)
		documents = append(documents, strings.Split(moved, "\n---\n")...)
	}
	return decode(t, documents)
}

// byKey indexes objects, without the labels that the chart puts on everything.
func byKey(objects []client.Object, keep func(client.Object) bool) map[string]client.Object {
	index := map[string]client.Object{}
	for _, object := range objects {
		if !keep(object) {
			continue
		}
		labels := maps.Clone(object.GetLabels())
		maps.DeleteFunc(labels, func(name, _ string) bool {
			return strings.HasPrefix(name, "app.kubernetes.io/") || name == "helm.sh/chart"
		})
		if len(labels) == 0 {
			labels = nil
		}
		object.SetLabels(labels)
		index[key(object)] = object
	}
	return index
}

func isAccess(object client.Object) bool {
	switch object.(type) {
	case *corev1.ServiceAccount, *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding, *rbacv1.Role, *rbacv1.RoleBinding:
		return true
	}
	return false
}

func TestAccessIsThatOfArtifacts(t *testing.T) {
	want := byKey(artifacts(t, "rbac/*.yaml"), func(client.Object) bool { return true })
	for name, values := range valueSets() {
		t.Run(name, func(t *testing.T) {
			got := byKey(render(t, release(values)), isAccess)
			if changes := diff.Diff(want, got); changes != "" {
				t.Errorf("the chart's RBAC is not that of artifacts/rbac (- artifacts + chart):\n%s", changes)
			}
		})
	}
}

func TestAPIServiceIsThatOfArtifacts(t *testing.T) {
	isAPIService := func(object client.Object) bool {
		_, ok := object.(*apiregistrationv1.APIService)
		return ok
	}
	want := byKey(artifacts(t, "apiservice.yaml"), isAPIService)
	got := byKey(render(t, release(minimal())), isAPIService)
	for _, object := range got {
		registration := object.(*apiregistrationv1.APIService)
		if len(registration.Spec.CABundle) == 0 {
			t.Error("the APIService has no caBundle")
		}
		registration.Spec.CABundle = nil
	}
	if changes := diff.Diff(want, got); changes != "" {
		t.Errorf("the chart's APIService is not that of artifacts (- artifacts + chart):\n%s", changes)
	}
}

func TestAPIServiceFollowsTheValues(t *testing.T) {
	objects := render(t, release(valueSets()["given"]))
	registration := find[*apiregistrationv1.APIService](t, objects, "v1alpha1.kubenova.io")
	service := find[*corev1.Service](t, objects, registration.Spec.Service.Name)
	ports := []int32{*registration.Spec.Service.Port, service.Spec.Ports[0].Port}
	if !slices.Equal(ports, []int32{8443, 8443}) || string(registration.Spec.CABundle) != caPEM {
		t.Errorf("ports %v, caBundle %q", ports, registration.Spec.CABundle)
	}
}
