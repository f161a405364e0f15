//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// says checks a condition of an object for its status, its reason and a part of its message.
func (p platform) says(t *testing.T, object, namespace, condition, want, message string) error {
	t.Helper()
	at := `{.status.conditions[?(@.type=="` + condition + `")].`
	got, err := p.tryKubectl(t, "", "get", object, "-n", namespace, "-o", "jsonpath="+at+"status} "+at+"reason} "+at+"message}")
	if err != nil || !strings.HasPrefix(got, want+" ") || !strings.Contains(got, message) {
		return fmt.Errorf("%w: %s", err, got)
	}
	return nil
}

// TestWebhookAway kills Capsule, whose webhooks then refuse connections. It does not
// run in parallel: the others need Capsule.
func TestWebhookAway(t *testing.T) {
	p := open(t)
	p.makeSpaces(t, "away", "alice")
	p.process(t, "kill", "capsule")
	t.Cleanup(func() { _, _ = p.run(t, "", "go", "run", "./hack/localcluster", "start", "capsule") }) // it runs, if the test got there
	killed := time.Now()
	p.rest(t, "POST", "/clusters/local/tenants", `{"name":"away2","owners":["bob"]}`, 200, nil)
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "tenants.kubenova.io", "away2", "--ignore-not-found", "--timeout=120s")
	})
	p.rest(t, "PUT", "/clusters/local/tenants/away/quotas", `{"cpu":"2"}`, 200, nil)
	for _, said := range []struct{ object, condition, where string }{
		// The platform is host and target at once: a new tenant has no namespace on the host.
		{"tenants.kubenova.io/away2", "Ready", " of the host cluster"},
		{"tenants.kubenova.io/away", "Ready", " of the cluster"},
		{"tenants.kubenova.io/away", "QuotaApplied", " of the cluster"},
		{"clusters.kubenova.io/local", "TenancyReady", " of the cluster"},
	} {
		eventually(t, said.object+": "+said.condition+" says that the webhook is away", func() error {
			return p.says(t, said.object, "default", said.condition, "False WebhookUnavailable", "projectcapsule.dev"+said.where+" refuses connections; look at the pods and the Service of Capsule")
		})
	}
	t.Logf("all said so %s after Capsule was killed", time.Since(killed).Round(100*time.Millisecond))
	if err := p.says(t, "clusters.kubenova.io/local", "default", "Connected", "True", ""); err != nil {
		t.Errorf("the cluster is not connected: %v", err)
	}
	p.process(t, "start", "capsule")
	back := time.Now()
	p.ready(t, "away2")
	p.ready(t, "away")
	eventually(t, "the cluster says that tenancy is back", func() error {
		return p.says(t, "clusters.kubenova.io/local", "default", "TenancyReady", "True", "")
	})
	t.Logf("in effect %s after Capsule was back", time.Since(back).Round(100*time.Millisecond))
}

// TestForeignObjectsAreLeftAlone has a namespace and a Capsule Tenant that others made
// under the names that a project and a tenant would have.
func TestForeignObjectsAreLeftAlone(t *testing.T) {
	p := open(t)
	t.Parallel()
	admin := p.target(t, "")
	namespace, err := admin.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "adopt--web", Labels: map[string]string{"mine": "yes"}, Annotations: map[string]string{"note": "kept"},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kubectl(t, "", "delete", "namespace", "adopt--web", "--ignore-not-found", "--timeout=60s") })
	tenants := admin.objects.Resource(schema.GroupVersionResource{Group: "capsule.clastix.io", Version: "v1beta2", Resource: "tenants"})
	foreign, err := tenants.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "capsule.clastix.io/v1beta2", "kind": "Tenant", "metadata": map[string]any{"name": "adopt2"},
		"spec": map[string]any{"owners": []any{map[string]any{"kind": "User", "name": "carol"}}},
	}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kubectl(t, "", "delete", "tenants.capsule.clastix.io", "adopt2", "--timeout=60s") })
	settled := namespace
	eventually(t, "Kubernetes is done with the namespace", func() error {
		before := settled.ResourceVersion
		settled, err = admin.CoreV1().Namespaces().Get(t.Context(), namespace.Name, metav1.GetOptions{})
		if err == nil && settled.ResourceVersion != before {
			return fmt.Errorf("it was just written")
		}
		return err
	})

	path := p.makeSpaces(t, "adopt", "alice")
	p.rest(t, "POST", path+"/projects", `{"name":"web","labels":{"ours":"yes"}}`, 200, nil)
	p.rest(t, "PUT", path+"/projects/web/access", `{"members":[{"subject":"dan","role":"projectDev"}]}`, 200, nil)
	p.rest(t, "POST", "/clusters/local/tenants", `{"name":"adopt2","owners":["mallory"]}`, 200, nil)
	eventually(t, "the project says whose the namespace is not", func() error {
		return p.says(t, "projects.kubenova.io/web", "kn-adopt", "Ready", "False NamespaceNotOurs", "adopt--web that KubeNova did not make")
	})
	eventually(t, "the tenant says so as well", func() error {
		return p.says(t, "tenants.kubenova.io/adopt2", "default", "Ready", "False TenantNotOurs", "adopt2 that KubeNova did not make")
	})
	time.Sleep(11 * time.Second) // it is looked at again after 10 s
	p.unchanged(t, admin, settled, foreign)

	// Neither goes along with who may not have it.
	p.kubectl(t, "", "delete", "projects.kubenova.io/web", "-n", "kn-adopt", "--timeout=60s")
	p.kubectl(t, "", "delete", "tenants.kubenova.io/adopt2", "--timeout=60s")
	p.unchanged(t, admin, settled, foreign)
}

// unchanged checks that nobody has touched what others made.
func (p platform) unchanged(t *testing.T, admin target, namespace *corev1.Namespace, tenant *unstructured.Unstructured) {
	t.Helper()
	now, err := admin.CoreV1().Namespaces().Get(t.Context(), namespace.Name, metav1.GetOptions{})
	if err != nil || !equality.Semantic.DeepEqual(now, namespace) {
		t.Errorf("the namespace was %v and is %v: %v", namespace, now, err)
	}
	roles, err := admin.RbacV1().RoleBindings(namespace.Name).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(roles.Items) > 0 {
		t.Errorf("in the namespace are %v: %v", roles, err)
	}
	got := p.kubectl(t, "", "get", "tenants.capsule.clastix.io", tenant.GetName(), "-o", "jsonpath={.spec.owners[*].name} {.metadata.uid} {.metadata.labels}")
	if !strings.HasPrefix(got, "carol "+string(tenant.GetUID())) || strings.Contains(got, "kubenova") {
		t.Errorf("the Capsule Tenant has %s", got)
	}
}
