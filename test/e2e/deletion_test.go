//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

const claim = `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"%s--web"},
	"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}`

// preview is what a dry run of a deletion answers.
type preview struct {
	Cascade, Source string
	Namespaces      []string
	Apps            []struct{ Project, Name string }
	Volumes         []struct{ Namespace, Name, Size string }
	Kubeconfigs     []struct{ Grant, Subject string }
	AsOf            time.Time
}

// TestDeletion previews the deletion of a tenant with an app, a volume and an
// issued kubeconfig, is refused while the tenant is protected, and sees in which
// order it all goes.
func TestDeletion(t *testing.T) {
	p := open(t)
	path := p.makeSpaces(t, "gone", "alice", "web", "shop")
	p.rest(t, "POST", path+"/projects/web/apps", `{"name":"hello","components":[`+nginx+`]}`, 200, nil)
	p.rest(t, "POST", path+"/projects/web/apps/hello:deploy", "", 202, nil)
	eventually(t, "the app runs", func() error { return p.runs(path+"/projects/web/apps/hello", 1) })
	p.kubectl(t, fmt.Sprintf(claim, "gone"), "create", "-f", "-")
	p.rest(t, "POST", "/tenants/gone/kubeconfig", "", 200, nil)

	var got preview
	p.rest(t, "DELETE", path+"?dryRun=All", "", 200, &got)
	if got.Source != "live" || got.Cascade != "delete" || !slices.Equal(got.Namespaces, []string{"gone--shop", "gone--web"}) || len(got.Apps) != 1 ||
		got.Apps[0].Name != "hello" || len(got.Volumes) != 1 || got.Volumes[0].Size != "1Gi" || len(got.Kubeconfigs) != 1 {
		t.Errorf("the preview of the tenant is %+v", got)
	}
	got = preview{}
	p.rest(t, "DELETE", path+"/projects/shop?dryRun=All", "", 200, &got)
	if !slices.Equal(got.Namespaces, []string{"gone--shop"}) || len(got.Apps)+len(got.Volumes) != 0 {
		t.Errorf("the preview of the project is %+v", got)
	}
	native := p.kubectl(t, "", "get", "--raw", "/apis/kubenova.io/v1alpha1/tenants/gone/deletion")
	if !strings.Contains(native, `"kind":"DeletionPreview"`) || !strings.Contains(native, `"size":"1Gi"`) {
		t.Errorf("natively it is %s", native)
	}

	for _, protected := range []string{"true", "false"} {
		p.kubectl(t, "", "patch", "tenants.kubenova.io", "gone", "--type=merge", "-p", `{"spec":{"preventDeletion":`+protected+`}}`)
		if protected == "true" {
			p.rest(t, "DELETE", path+"?dryRun=All", "", 409, nil)
			p.rest(t, "DELETE", path, "", 409, nil)
		}
	}
	order := p.watchDeletions(t, "gone")
	start := time.Now()
	p.rest(t, "DELETE", path, "", 204, nil)
	p.rest(t, "DELETE", path+"/projects/web", "", 204, nil) // once more is no harm
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, "gone") })
	t.Logf("all gone %s after the answer", time.Since(start).Round(10*time.Millisecond))
	rank := map[string]int{"Application": 0, "Namespace": 1, "Tenant": 2, "TenantOwner": 3}
	seen := order()
	if len(seen) != 4 || !slices.IsSortedFunc(seen, func(a, b string) int { return rank[a] - rank[b] }) {
		t.Errorf("deleted in the order %v", seen)
	}
	t.Logf("deleted in the order %v", seen)
}

// watchDeletions returns the kinds of what is deleted of a tenant, in order. A
// second project's namespace may go before an app of the first; it has none.
func (p platform) watchDeletions(t *testing.T, tenant string) func() []string {
	t.Helper()
	objects := p.target(t, "").objects
	events := make(chan watch.Event, 100)
	for kind, resource := range map[string]schema.GroupVersionResource{
		"Application": {Group: "core.oam.dev", Version: "v1beta1", Resource: "applications"},
		"Namespace":   {Version: "v1", Resource: "namespaces"},
		"Tenant":      {Group: "capsule.clastix.io", Version: "v1beta2", Resource: "tenants"},
		"TenantOwner": {Group: "capsule.clastix.io", Version: "v1beta2", Resource: "tenantowners"},
	} {
		w, err := objects.Resource(resource).Watch(t.Context(), metav1.ListOptions{LabelSelector: "kubenova.tenant=" + tenant})
		if err != nil {
			t.Fatalf("watching each %s: %v", kind, err)
		}
		go func() {
			for event := range w.ResultChan() {
				if event.Type == watch.Deleted {
					events <- event
				}
			}
		}()
		t.Cleanup(w.Stop)
	}
	return func() (kinds []string) {
		for {
			select {
			case event := <-events:
				object := event.Object.(*unstructured.Unstructured)
				if !strings.HasPrefix(object.GetName(), "kn-") && object.GetName() != tenant+"--shop" {
					kinds = append(kinds, object.GetKind())
				}
			case <-time.After(2 * time.Second):
				return kinds
			}
		}
	}
}

// TestOrphanOfAClusterThatComesBack kills the API server of a cluster, has a
// tenant on it deleted with orphan, and brings the API server back.
func TestOrphanOfAClusterThatComesBack(t *testing.T) {
	p := open(t)
	server := p.newSecond(t, "second")
	path := "/clusters/second/tenants/lost"
	p.rest(t, "POST", "/clusters/second/tenants", `{"name":"lost","owners":["alice"]}`, 200, nil)
	for _, project := range []string{"web", "shop"} {
		p.rest(t, "POST", path+"/projects", `{"name":"`+project+`"}`, 200, nil)
		p.rest(t, "PUT", path+"/projects/"+project+"/access", `{"members":[{"subject":"dan","role":"projectDev"}]}`, 200, nil)
		p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/"+project, "-n", "kn-lost", "--timeout=90s")
	}
	p.rest(t, "POST", path+"/projects/web/apps", `{"name":"hello","components":[`+nginx+`]}`, 200, nil)
	p.rest(t, "POST", path+"/projects/web/apps/hello:deploy", "", 202, nil)
	eventually(t, "two pods run", func() error { return p.runningPods(t, "lost--web", 2) })
	var issued struct{ Kubeconfig []byte }
	p.rest(t, "POST", "/tenants/lost/kubeconfig", `{"role":"tenantOwner"}`, 200, &issued)
	file := filepath.Join(t.TempDir(), "issued")
	if err := os.WriteFile(file, issued.Kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	p.letGoneBefore(t, path, "shop")

	server.kill(t)
	eventually(t, "the cluster is known to be away", func() error {
		_, err := p.tryKubectl(t, "", "wait", "--for=condition=Connected=false", "clusters.kubenova.io/second", "--timeout=1s")
		return err
	})
	p.rest(t, "DELETE", path, "", 204, nil)
	eventually(t, "the deletion says what it waits for", func() error {
		return p.waitsFor(t, "tenants.kubenova.io/lost", "default", "KubeconfigsRemain")
	})
	var got preview
	p.rest(t, "DELETE", path+"?dryRun=All&cascade=orphan", "", 200, &got)
	if got.Source != "unavailable" || got.Cascade != "orphan" || len(got.Volumes) != 0 || !slices.Contains(got.Namespaces, "lost--web") {
		t.Errorf("the preview without the cluster is %+v", got)
	}
	start := time.Now()
	p.rest(t, "DELETE", path+"?cascade=orphan", "", 204, nil)
	eventually(t, "the tenant is gone without its cluster", func() error {
		if code, answer, err := p.tryREST("GET", path, ""); err != nil || code != 404 {
			return fmt.Errorf("%d %s %w", code, answer, err)
		}
		return nil
	})
	t.Logf("gone %s after the answer, with its cluster dead", time.Since(start).Round(10*time.Millisecond))
	if records := p.kubectl(t, "", "get", "orphanrecords.kubenova.io", "-o", "jsonpath={.items[*].spec.tenant}"); records != "lost" {
		t.Errorf("the records are of %q", records)
	}
	server.start(t)
	back := time.Now()
	eventually(t, "the record is carried out", func() error {
		if left := p.kubectl(t, "", "get", "orphanrecords.kubenova.io", "-o", "name"); left != "" {
			return fmt.Errorf("left: %s", left)
		}
		return nil
	})
	t.Logf("carried out %s after the API server was back", time.Since(back).Round(10*time.Millisecond))
	p.wasLetGo(t, file)
}

// letGoneBefore lets go of a project while its cluster is well.
func (p platform) letGoneBefore(t *testing.T, path, project string) {
	t.Helper()
	p.rest(t, "DELETE", path+"/projects/"+project+"?cascade=orphan", "", 204, nil)
	eventually(t, "the project's namespace is let go of", func() error {
		labels := p.kubectl(t, "", "get", "namespace", "lost--"+project, "-o", `jsonpath={.metadata.labels.kubenova\.project}`)
		records := p.kubectl(t, "", "get", "orphanrecords.kubenova.io", "-o", "name")
		bindings := p.kubectl(t, "", "get", "rolebindings", "-n", "lost--"+project, "-o", "name")
		if labels != "let_go" || records != "" || strings.Contains(bindings, "kubenova-project-dev") {
			return fmt.Errorf("label %q, records %q, bindings %s", labels, records, bindings)
		}
		return nil
	})
}

func (p platform) waitsFor(t *testing.T, object, namespace, reason string) error {
	t.Helper()
	got, err := p.tryKubectl(t, "", "get", object, "-n", namespace, "-o", `jsonpath={.status.conditions[?(@.type=="Deleting")].reason} {.status.conditions[?(@.type=="Deleting")].message}`)
	if err != nil || !strings.HasPrefix(got, reason+" ") || !strings.Contains(got, "(since 20") {
		return fmt.Errorf("%w: %s", err, got)
	}
	return nil
}

// wasLetGo checks that what ran runs on, without the rights that KubeNova gave.
func (p platform) wasLetGo(t *testing.T, issued string) {
	t.Helper()
	t.Cleanup(func() { // what was let go of is the administrator's to remove
		p.kubectl(t, "", "delete", "applications.core.oam.dev", "-n", "lost--web", "--all", "--timeout=60s")
		p.kubectl(t, "", "delete", "namespace", "lost--web", "lost--shop", "--timeout=60s")
		p.kubectl(t, "", "delete", "tenants.capsule.clastix.io", "lost", "--timeout=60s")
	})
	if err := p.runningPods(t, "lost--web", 2); err != nil {
		t.Errorf("what ran does not run on: %v", err)
	}
	for _, args := range [][]string{
		{"get", "secrets,serviceaccounts", "-n", "kubenova-access", "-o", "name", "-l", "kubenova.tenant=lost"},
		{"get", "tenantowners.capsule.clastix.io", "-o", "name", "-l", "kubenova.tenant=lost"},
		{"get", "rolebindings", "-n", "lost--web", "kubenova-project-dev", "-o", "name", "--ignore-not-found"},
		{"get", "tenants.capsule.clastix.io", "-o", "name", "-l", "kubenova.tenant=lost"},
		{"get", "namespaces", "-o", "name", "-l", "kubenova.tenant=lost,kubenova.project!=let_go"},
		{"get", "tenants.capsule.clastix.io", "lost", "-o", "jsonpath={.spec.owners}"},
	} {
		if left := p.kubectl(t, "", args...); left != "" && left != "[]" {
			t.Errorf("kubectl %v: %s", args, left)
		}
	}
	eventually(t, "the issued kubeconfig is of no use", func() error {
		output, err := p.run(t, "", p.kubectlPath(), "--kubeconfig", issued, "get", "pods", "-n", "lost--web")
		if err == nil {
			return fmt.Errorf("it lists pods: %s", output)
		}
		return nil
	})
	p.rest(t, "POST", "/clusters/second/tenants", `{"name":"lost"}`, 200, nil)
	eventually(t, "another tenant of the name is refused what is left", func() error {
		got, err := p.tryKubectl(t, "", "get", "tenants.kubenova.io", "lost", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].reason}`)
		if err != nil || got != "TenantNotOurs" {
			return fmt.Errorf("%w: %s", err, got)
		}
		return nil
	})
	p.kubectl(t, "", "delete", "tenants.kubenova.io", "lost", "--timeout=60s")
}
