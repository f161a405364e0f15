//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestOwnersStayWithinTheirProjects has an owner of a tenant, who is a user of
// Capsule, try to get more on the cluster than the tenant's projects.
func TestOwnersStayWithinTheirProjects(t *testing.T) {
	p := open(t)
	t.Parallel()
	path := p.makeSpaces(t, "fence", "fiona", "web")
	p.rest(t, "PUT", path+"/network-policies", `{"defaultDeny":true}`, 200, nil)
	p.ready(t, "fence")
	fiona := p.target(t, "fiona")
	eventually(t, "the owner may read", func() error {
		_, err := fiona.CoreV1().Pods("fence--web").List(t.Context(), metav1.ListOptions{})
		return err
	})
	for name, labels := range map[string]map[string]string{
		"fence--x": {"capsule.clastix.io/tenant": "fence"},
		"fence--y": {"capsule.clastix.io/tenant": "fence", "kubenova.tenant": "fence", "kubenova.project": "y", "pod-security.kubernetes.io/enforce": "baseline"},
		"fence--z": nil,
	} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		if _, err := fiona.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{}); err == nil {
			t.Errorf("the owner made the namespace %s", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	for _, patch := range []string{
		`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"privileged"}}}`,
		`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":null}}}`,
		`{"metadata":{"labels":{"pod-security.kubernetes.io/warn":"baseline"}}}`,
		`{"metadata":{"labels":{"kubenova.project":null}}}`,
	} {
		if _, err := fiona.CoreV1().Namespaces().Patch(t.Context(), "fence--web", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err == nil {
			t.Errorf("the owner patched the namespace with %s", patch)
		}
	}
	// Capsule passes over the removal of its own label.
	_, err := fiona.CoreV1().Namespaces().Patch(t.Context(), "fence--web", types.MergePatchType, []byte(`{"metadata":{"labels":{"capsule.clastix.io/tenant":null}}}`), metav1.PatchOptions{})
	if namespace, gone := fiona.CoreV1().Namespaces().Get(t.Context(), "fence--web", metav1.GetOptions{}); gone != nil || namespace.Labels["capsule.clastix.io/tenant"] != "fence" {
		t.Errorf("after the owner took Capsule's label off (%v) the namespace has %v", err, namespace.Labels)
	}
	policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "open"}}
	if _, err := fiona.NetworkingV1().NetworkPolicies("fence--web").Create(t.Context(), policy, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a NetworkPolicy of the owner: %v", err)
	}
	if err := fiona.NetworkingV1().NetworkPolicies("fence--web").Delete(t.Context(), "capsule-fence-0", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the deletion of a NetworkPolicy: %v", err)
	}
	if err := fiona.CoreV1().Namespaces().Delete(t.Context(), "fence--web", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("the deletion of the namespace: %v", err)
	}
	privileged := pod("privileged", "", "")
	privileged.Spec.HostNetwork = true
	if _, err := p.target(t, "").CoreV1().Pods("fence--web").Create(t.Context(), privileged, metav1.CreateOptions{}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "PodSecurity") {
		t.Errorf("a pod on the host's network: %v", err)
	}
}

// TestProjectMetadata follows labels and annotations to the namespace and away again.
func TestProjectMetadata(t *testing.T) {
	p := open(t)
	t.Parallel()
	project := p.makeSpaces(t, "meta", "alice", "web") + "/projects/web"
	p.rest(t, "PUT", project, `{"labels":{"tier":"gold","pod-security.kubernetes.io/enforce":"privileged"},"annotations":{"note":"x"}}`, 200, nil)
	admin := p.target(t, "")
	is := func(tier, note string) func() error {
		return func() error {
			namespace, err := admin.CoreV1().Namespaces().Get(t.Context(), "meta--web", metav1.GetOptions{})
			if err != nil {
				return err
			}
			if namespace.Labels["tier"] != tier || namespace.Annotations["note"] != note || namespace.Labels["pod-security.kubernetes.io/enforce"] != "baseline" {
				return fmt.Errorf("labels %v, annotations %v", namespace.Labels, namespace.Annotations)
			}
			return nil
		}
	}
	eventually(t, "the metadata is carried", is("gold", "x"))
	p.rest(t, "PUT", project, `{"labels":{},"annotations":{}}`, 200, nil)
	eventually(t, "the metadata is removed", is("", ""))
}

// TestNetworkPolicies has Capsule keep the policies in every namespace.
func TestNetworkPolicies(t *testing.T) {
	p := open(t)
	t.Parallel()
	path := p.makeSpaces(t, "net", "alice", "web", "db")
	p.rest(t, "PUT", path+"/network-policies", `{"defaultDeny":true,"allowWithinTenant":true,"allowFromNamespaces":["ingress"],"allowToCIDRs":["192.0.2.0/24"]}`, 200, nil)
	admin := p.target(t, "")
	has := func(count int) func() error {
		return func() error {
			for _, namespace := range []string{"net--web", "net--db"} {
				policies, err := admin.NetworkingV1().NetworkPolicies(namespace).List(t.Context(), metav1.ListOptions{})
				if err != nil || len(policies.Items) != count {
					return fmt.Errorf("%s has %d policies: %w", namespace, len(policies.Items), err)
				}
			}
			return nil
		}
	}
	eventually(t, "the policies are there", has(2))
	allow, err := admin.NetworkingV1().NetworkPolicies("net--db").Get(t.Context(), "capsule-net-1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(allow.Spec.Ingress) != 1 || len(allow.Spec.Ingress[0].From) != 3 || len(allow.Spec.Egress) != 2 || allow.Spec.Egress[0].To[2].IPBlock.CIDR != "192.0.2.0/24" {
		t.Errorf("the cluster has %+v", allow.Spec)
	}
	p.rest(t, "PUT", path+"/network-policies", `{"defaultDeny":false}`, 200, nil)
	eventually(t, "the policies are gone", has(0))
}

// TestCordonedTenants refuse what people on the cluster change, and can be deleted
// all the same.
func TestCordonedTenants(t *testing.T) {
	p := open(t)
	t.Parallel()
	p.makeSpaces(t, "cord", "alice", "web")
	set := func(cordoned bool) {
		p.kubectl(t, "", "patch", "tenants.kubenova.io", "cord", "--type=merge", "-p", fmt.Sprintf(`{"spec":{"cordoned":%v}}`, cordoned))
		p.ready(t, "cord")
	}
	alice := p.target(t, "alice")
	alice.startPod(t, "cord--web", pod("before", "", ""))
	set(true)
	eventually(t, "nothing new is admitted", func() error {
		_, err := alice.CoreV1().Pods("cord--web").Create(t.Context(), pod("refused", "", ""), metav1.CreateOptions{DryRun: []string{"All"}})
		if err == nil || !strings.Contains(err.Error(), "cordon") {
			return fmt.Errorf("the pod got %v", err)
		}
		return nil
	})
	set(false)
	alice.startPod(t, "cord--web", pod("after", "", ""))
	set(true)
	p.kubectl(t, "", "delete", "tenants.kubenova.io", "cord", "--timeout=90s")
	eventually(t, "nothing is left", func() error { return p.nothingLeft(t, "cord") })
}
