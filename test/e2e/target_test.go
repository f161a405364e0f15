//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// target are clients of the cluster that tenants live on.
type target struct {
	kubernetes.Interface
	objects dynamic.Interface
}

// target returns clients of the target, as its administrator or as someone else.
func (p platform) target(t *testing.T, user string, groups ...string) target {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 500, 1000
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return target{clients, objects}
}

// pod is a pod whose container asks for cpu and memory, or, where both are
// empty, for nothing.
func pod(name, cpu, memory string) *corev1.Pod {
	requests := corev1.ResourceList{}
	for resourceName, amount := range map[corev1.ResourceName]string{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory} {
		if amount != "" {
			requests[resourceName] = resource.MustParse(amount)
		}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "c", Image: "nginx:1.25.3", Resources: corev1.ResourceRequirements{Requests: requests},
		}}},
	}
}

// startPod makes a pod and passes over the moments in which Capsule does not
// yet know a namespace or a quota, in which it refuses everything.
func (c target) startPod(t *testing.T, namespace string, pod *corev1.Pod) {
	t.Helper()
	eventually(t, "pod "+pod.Name+" is admitted", func() error {
		_, err := c.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
		return err
	})
}

// makeSpaces makes a tenant with projects and waits for their namespaces.
func (p platform) makeSpaces(t *testing.T, tenant, owner string, projects ...string) string {
	t.Helper()
	p.rest(t, "POST", "/clusters/local/tenants", fmt.Sprintf(`{"name":%q,"owners":[%q]}`, tenant, owner), 200, nil)
	path := "/clusters/local/tenants/" + tenant
	t.Cleanup(func() {
		p.kubectl(t, "", "delete", "tenants.kubenova.io", tenant, "--ignore-not-found", "--timeout=120s")
	})
	for _, project := range projects {
		p.rest(t, "POST", path+"/projects", fmt.Sprintf(`{"name":%q}`, project), 200, nil)
	}
	for _, project := range projects {
		p.kubectl(t, "", "wait", "--for=condition=Ready", "projects.kubenova.io/"+project, "-n", "kn-"+tenant, "--timeout=90s")
	}
	p.ready(t, tenant)
	return path
}

// ready waits until a tenant says that all it asks for is in effect.
func (p platform) ready(t *testing.T, tenant string) {
	t.Helper()
	for _, condition := range []string{"Ready", "QuotaApplied", "NamespacesReady"} {
		p.observed(t, tenant, condition, "True")
	}
}

// observed waits for a condition of a tenant as its spec now is.
func (p platform) observed(t *testing.T, tenant, condition, status string) {
	t.Helper()
	eventually(t, condition+" is "+status, func() error {
		output, err := p.tryKubectl(t, "", "get", "tenants.kubenova.io", tenant, "-o",
			`jsonpath={.metadata.generation} {.status.conditions[?(@.type=="`+condition+`")].observedGeneration} {.status.conditions[?(@.type=="`+condition+`")].status} {.status.conditions[?(@.type=="`+condition+`")].message}`)
		var generation, observed int64
		var is string
		if _, scanned := fmt.Sscan(output, &generation, &observed, &is); err != nil || scanned != nil || generation != observed || is != status {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	})
}

// times logs the median and the 99th percentile of how long something took.
func times(t *testing.T, what string, took []time.Duration) {
	t.Helper()
	slices.Sort(took)
	t.Logf("%s: n=%d p50=%s p99=%s max=%s", what, len(took),
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// within polls fast, for what is measured.
func within(t *testing.T, limit time.Duration, check func() (bool, error)) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		done, err := check()
		if done && err == nil {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			t.Fatalf("not within %s: %v", limit, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
