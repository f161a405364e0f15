package controllers_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const networkPolicy = "/apis/networking.k8s.io/v1/namespaces/acme--web/networkpolicies/kubenova-app-hello"

// TestNetworkPolicy follows the NetworkPolicy of an app: there from the deploy that
// asks for it, repaired, and gone with the deploy that does not, or with the app.
func TestNetworkPolicy(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	eventually(t, "the app runs", func() bool { return p.running(1) })
	if slices.Contains(p.target.names(), networkPolicy) {
		t.Fatal("there is a NetworkPolicy that nobody asked for")
	}

	p.deployWith(`{"defaultDeny":true}`)
	eventually(t, "the second revision runs", func() bool { return p.running(2) })
	p.target.check(t, networkPolicy, "ingress", func(rules []any) bool { return len(rules) == 1 })
	if user := p.target.applier(networkPolicy); user != "" {
		t.Errorf("the NetworkPolicy was written as %q", user)
	}

	p.target.set(func(c *target) { delete(c.objects, networkPolicy) })
	p.deployWith(`{"defaultDeny":true,"allowMetrics":true}`)
	eventually(t, "the third revision runs", func() bool { return p.running(3) })
	p.target.check(t, networkPolicy, "ingress", func(rules []any) bool { return len(rules) == 2 })

	p.deployWith("")
	eventually(t, "the NetworkPolicy is gone", func() bool { return !slices.Contains(p.target.names(), networkPolicy) })

	p.deployWith(`{"defaultDeny":true}`)
	eventually(t, "the NetworkPolicy is back", func() bool { return slices.Contains(p.target.names(), networkPolicy) })
	p.must(p.api.Apps("kn-acme--web").Delete(t.Context(), "hello", metav1.DeleteOptions{}))
	eventually(t, "the NetworkPolicy goes with the app", func() bool { return !slices.Contains(p.target.names(), networkPolicy) })
}

// deployWith deploys the app with a network policy, or with none.
func (p *platform) deployWith(network string) {
	p.Helper()
	p.change(func() error {
		app := p.app()
		app.Spec.Policies = nil
		if network != "" {
			app.Spec.Policies = []v1alpha1.Policy{{Type: "network", Properties: &runtime.RawExtension{Raw: []byte(network)}}}
		}
		_, err := p.api.Apps("kn-acme--web").Update(p.Context(), app, metav1.UpdateOptions{})
		return err
	})
	p.deploy()
}

// check looks at a list in the spec of an object.
func (c *target) check(t *testing.T, path, list string, holds func([]any) bool) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	object := c.objects[path]
	if object == nil {
		t.Fatalf("%s is not there", path)
	}
	rules, _, err := unstructured.NestedSlice(object.Object, "spec", list)
	if err != nil || !holds(rules) {
		t.Errorf("%s has %v: %v", path, rules, err)
	}
}

// applier is whom the last apply of an object acted as; empty is KubeNova itself.
func (c *target) applier(path string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.appliers[path]
}
