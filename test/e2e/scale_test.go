//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// scaleTenants is the variable with the number of tenants of the long form.
const scaleTenants = "KUBENOVA_E2E_TENANTS"

// scale says how many tenants there are and how long the steady state is looked at.
type scale struct {
	tenants          int
	converge, steady time.Duration
}

func scaleOf(t *testing.T) scale {
	t.Helper()
	value := os.Getenv(scaleTenants)
	if value == "" {
		return scale{12, settle, 30 * time.Second}
	}
	tenants, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", scaleTenants, err)
	}
	return scale{tenants, time.Hour, 5 * time.Minute}
}

// TestReconcileAtScale makes many tenants with two projects each at once, counts in
// the audit logs what KubeNova writes for them, and sees that it then writes nothing
// and costs next to nothing. KUBENOVA_E2E_TENANTS asks for the long form.
func TestReconcileAtScale(t *testing.T) {
	p := open(t)
	s := scaleOf(t)
	kube, _ := p.writeLogs(t)
	kube.quiet(t, 5*time.Second, settle) // the catalog takes up what was just installed
	kube, _ = p.writeLogs(t)
	start, idle := time.Now(), p.cpu(t)
	made := p.makeMany(t, s.tenants)
	t.Logf("%d tenants were asked for after %s", made, time.Since(start).Round(time.Second))
	took := p.allReady(t, s, start)
	t.Logf("%d tenants with 2 projects each were in effect after %s", s.tenants, took.Round(100*time.Millisecond))
	kube.quiet(t, 5*time.Second, settle)
	for name, ticks := range p.cpu(t) {
		t.Logf("%-28s %5.0f ms for each tenant", name, float64((ticks-idle[name]).Milliseconds())/float64(made))
	}
	all := kube.read(t)
	t.Logf("writes through kube-apiserver, %d in all:%s", all.total(), all)
	checkWrites(t, all.ofKubeNova(), made)

	kube, kubenova := p.writeLogs(t)
	before, begun := p.cpu(t), time.Now()
	time.Sleep(s.steady)
	after, lasted := p.cpu(t), time.Since(begun)
	for _, log := range []writeLog{kube, kubenova} {
		if written := log.read(t).ofKubeNova(); written.total() > 0 {
			t.Errorf("written in %s of the steady state, by %s:%s", lasted, filepath.Base(log.path), written)
		}
	}
	for name, ticks := range after {
		share := (ticks - before[name]).Seconds() / lasted.Seconds()
		t.Logf("%-28s %5.2f %% of a core in the steady state", name, 100*share)
		// The bound is of the long form: a short one is full of what came before.
		if name == "kubenova-controller-manager" && os.Getenv(scaleTenants) != "" && share > 0.01 {
			t.Errorf("%s takes %.2f %% of a core", name, 100*share)
		}
	}
}

// makeMany asks for tenants with an owner and two projects each, and returns how many
// there were not yet: the long form may go on from a former run.
func (p platform) makeMany(t *testing.T, count int) int {
	t.Helper()
	cluster := "/clusters/" + p.cluster
	t.Cleanup(func() {
		if os.Getenv(scaleTenants) != "" {
			return // a later run may go on from here
		}
		each(count, func(i int) { p.sends(t, "DELETE", cluster+"/tenants/"+scaleName(i), "", 204) })
	})
	var made atomic.Int64
	each(count, func(i int) {
		body := fmt.Sprintf(`{"name":%q,"owners":["owner-%d@example.com"],"labels":{"scale":"many"}}`, scaleName(i), i)
		if p.sends(t, "POST", cluster+"/tenants", body, 200, 409) != 200 {
			return
		}
		made.Add(1)
		for _, project := range []string{"web", "shop"} {
			p.sends(t, "POST", cluster+"/tenants/"+scaleName(i)+"/projects", `{"name":"`+project+`","labels":{"scale":"many"}}`, 200)
		}
	})
	return int(made.Load())
}

// sends is rest for several goroutines, and returns which of the statuses it got.
func (p platform) sends(t *testing.T, method, path, body string, want ...int) int {
	t.Helper()
	status, answer, err := p.tryREST(method, path, body)
	if err != nil || !slices.Contains(want, status) {
		t.Errorf("%s %s: %d %s %v", method, path, status, answer, err)
	}
	return status
}

func scaleName(i int) string { return fmt.Sprintf("scale-%04d", i) }

// each does something for each number, a few at a time.
func each(count int, do func(int)) {
	const workers = 8
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < count; i += workers {
				do(i)
			}
		})
	}
	wg.Wait()
}

// allReady waits until every tenant and project says that it is in effect.
func (p platform) allReady(t *testing.T, s scale, since time.Time) time.Duration {
	t.Helper()
	objects := p.target(t, "").objects
	for {
		var left int
		var example string
		for resource, want := range map[string]int{"tenants": s.tenants, "projects": 2 * s.tenants} {
			list, err := objects.Resource(schema.GroupVersionResource{Group: "kubenova.io", Version: "v1alpha1", Resource: resource}).
				List(t.Context(), metav1.ListOptions{LabelSelector: "scale=many"})
			if err != nil {
				t.Fatal(err)
			}
			left += want
			for i := range list.Items {
				if inEffect(&list.Items[i]) {
					left--
				} else {
					example = fmt.Sprint(list.Items[i].GetNamespace(), " ", list.Items[i].GetName(), " ", list.Items[i].Object["status"])
				}
			}
		}
		switch took := time.Since(since); {
		case left == 0:
			return took
		case took > s.converge:
			t.Fatalf("%d tenants and projects are not in effect after %s, such as %s", left, took, example)
		}
		time.Sleep(max(time.Second, time.Duration(s.tenants)*5*time.Millisecond))
	}
}

// inEffect says whether every condition of an object holds.
func inEffect(object *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	ready := false
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		if condition["status"] != "True" {
			return false
		}
		ready = ready || condition["type"] == "Ready"
	}
	return ready
}
