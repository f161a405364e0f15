//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func quotaObjects() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "capsule.clastix.io", Version: "v1beta2", Resource: "globalresourcequotas"}
}

// TestPodsAreCapped makes one pod too many in the second namespace of a tenant.
func TestPodsAreCapped(t *testing.T) {
	p := open(t)
	t.Parallel()
	path := p.makeSpaces(t, "caps", "alice", "web", "db")
	p.rest(t, "PUT", path+"/quotas", `{"cpu":"4","memory":"8Gi"}`, 200, nil)
	p.rest(t, "PUT", path+"/limits", `{"pods":"3"}`, 200, nil)
	p.ready(t, "caps")
	admin := p.target(t, "")
	// None of them asks for anything: the defaults of the LimitRange let them start.
	for i, namespace := range []string{"caps--web", "caps--web", "caps--db"} {
		admin.startPod(t, namespace, pod(fmt.Sprintf("p%d", i), "", ""))
	}
	_, err := admin.CoreV1().Pods("caps--db").Create(t.Context(), pod("extra", "", ""), metav1.CreateOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "pods") {
		t.Errorf("the fourth pod: %v", err)
	}
	// Room in one namespace is room for another.
	if err := admin.CoreV1().Pods("caps--web").Delete(t.Context(), "p0", *metav1.NewDeleteOptions(0)); err != nil {
		t.Fatal(err)
	}
	admin.startPod(t, "caps--db", pod("extra", "", ""))

	// A quota below what is in use lets nothing more in, and the rest goes on.
	p.rest(t, "PUT", path+"/limits", `{"pods":"1"}`, 200, nil)
	p.observed(t, "caps", "QuotaApplied", "False")
	p.rest(t, "PUT", path+"/owners", `{"owners":["alice","bob"]}`, 200, nil)
	eventually(t, "the new owner is carried", func() error {
		if output := p.kubectl(t, "", "get", "tenants.capsule.clastix.io", "caps", "-o", "jsonpath={.spec.owners[*].name}"); output != "alice bob" {
			return errors.New(output)
		}
		return nil
	})
	for _, name := range []string{"p1", "p2", "extra"} {
		for _, namespace := range []string{"caps--web", "caps--db"} {
			if err := admin.CoreV1().Pods(namespace).Delete(t.Context(), name, *metav1.NewDeleteOptions(0)); err != nil && !apierrors.IsNotFound(err) {
				t.Fatal(err)
			}
		}
	}
	p.ready(t, "caps")
	// A resource that is in use can be taken out of the quota all the same.
	p.rest(t, "PUT", path+"/limits", `{}`, 200, nil)
	p.ready(t, "caps")
}

// TestQuotasHoldUnderConcurrency makes pods in three namespaces at once, of which
// the quota lets only some in.
func TestQuotasHoldUnderConcurrency(t *testing.T) {
	p := open(t)
	t.Parallel()
	projects := []string{"a", "b", "c"}
	path := p.makeSpaces(t, "rush", "alice", projects...)
	p.rest(t, "PUT", path+"/quotas", `{"cpu":"1","memory":"1Gi"}`, 200, nil)
	p.ready(t, "rush")
	admin := p.target(t, "")
	var admitted atomic.Int64
	var wait sync.WaitGroup
	for worker := range 24 {
		wait.Go(func() {
			namespace := "rush--" + projects[worker%3]
			for attempt := range 5 {
				_, err := admin.CoreV1().Pods(namespace).Create(t.Context(), pod(fmt.Sprintf("p-%d-%d", worker, attempt), "100m", "128Mi"), metav1.CreateOptions{})
				if err == nil {
					admitted.Add(1)
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d of 120 pods were admitted, 8 have room", admitted.Load())
	// 8 x 128Mi is 1Gi; 10 x 100m is 1. Below 8 the quota would refuse too much.
	eventually(t, "the room is filled", func() error {
		for i := range 8 {
			_, _ = admin.CoreV1().Pods("rush--"+projects[i%3]).Create(t.Context(), pod(fmt.Sprintf("fill-%d", i), "100m", "128Mi"), metav1.CreateOptions{})
		}
		if total := countPods(t, admin, "rush", projects); total != 8 {
			return fmt.Errorf("%d pods", total)
		}
		return nil
	})
	if total := countPods(t, admin, "rush", projects); total != 8 {
		t.Errorf("%d pods run, the quota lets 8", total)
	}
}

func countPods(t *testing.T, c target, tenant string, projects []string) (total int) {
	t.Helper()
	for _, project := range projects {
		pods, err := c.CoreV1().Pods(tenant+"--"+project).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		total += len(pods.Items)
	}
	return total
}

// TestQuotasTakeEffectSoon measures from the answer of the REST door until the
// cluster holds the quota.
func TestQuotasTakeEffectSoon(t *testing.T) {
	p := open(t)
	path := p.makeSpaces(t, "soon", "alice", "web")
	admin := p.target(t, "")
	var took []time.Duration
	for i := range 30 {
		p.rest(t, "PUT", path+"/quotas", fmt.Sprintf(`{"cpu":"%d","memory":"8Gi"}`, i+1), 200, nil)
		took = append(took, within(t, 30*time.Second, func() (bool, error) {
			list, err := admin.objects.Resource(quotaObjects()).List(t.Context(), metav1.ListOptions{LabelSelector: "projectcapsule.dev/tenant=soon"})
			if err != nil || len(list.Items) == 0 {
				return false, err
			}
			cpu, _, err := unstructured.NestedString(list.Items[0].Object, "status", "total", "hard", "cpu")
			return cpu == fmt.Sprint(i+1), err
		}))
	}
	times(t, "from the answer of PUT quotas to the quota in the cluster's ledger", took)
	if limit := 5 * time.Second; took[len(took)*99/100] > limit {
		t.Errorf("the slowest took more than %s", limit)
	}
}

// TestDriftIsRepaired changes on the cluster what KubeNova carries there.
func TestDriftIsRepaired(t *testing.T) {
	p := open(t)
	t.Parallel()
	path := p.makeSpaces(t, "drift", "alice", "web")
	p.rest(t, "PUT", path+"/quotas", `{"cpu":"4"}`, 200, nil)
	p.rest(t, "PUT", path+"/network-policies", `{"defaultDeny":true}`, 200, nil)
	p.ready(t, "drift")
	for what, command := range map[string][]string{
		"quota":  {"patch", "tenants.capsule.clastix.io", "drift", "--type=json", "-p", `[{"op":"replace","path":"/spec/rules/0/quota/0/hard/cpu","value":"400"}]`},
		"policy": {"patch", "tenants.capsule.clastix.io", "drift", "--type=json", "-p", `[{"op":"replace","path":"/spec/networkPolicies/items","value":[]}]`},
		"role":   {"patch", "clusterrole", "kubenova:tenant-owner", "--type=json", "-p", `[{"op":"replace","path":"/rules","value":[]}]`},
		"label":  {"label", "namespace", "drift--web", "kubenova.project-", "pod-security.kubernetes.io/enforce-"},
	} {
		output, err := p.tryKubectl(t, "", append(command, "--as", "system:serviceaccount:capsule-system:capsule", "--as-group", "system:masters")...)
		if err != nil {
			t.Logf("%s is refused by the cluster itself: %s", what, output)
		}
	}
	eventually(t, "all is as it was", func() error {
		for want, args := range map[string][]string{
			"4":        {"get", "tenants.capsule.clastix.io", "drift", "-o", "jsonpath={.spec.rules[0].quota[0].hard.cpu}"},
			"Ingress":  {"get", "tenants.capsule.clastix.io", "drift", "-o", "jsonpath={.spec.networkPolicies.items[0].policyTypes[0]}"},
			"baseline": {"get", "namespace", "drift--web", "-o", `jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}`},
			"web":      {"get", "namespace", "drift--web", "-o", `jsonpath={.metadata.labels.kubenova\.project}`},
			"get":      {"get", "clusterrole", "kubenova:tenant-owner", "-o", "jsonpath={.rules[0].verbs[0]}"},
		} {
			if output := p.kubectl(t, "", args...); output != want {
				return fmt.Errorf("%q, want %q", output, want)
			}
		}
		return nil
	})
}
