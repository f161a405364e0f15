package controllers_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

const networkPolicy = "/apis/networking.k8s.io/v1/namespaces/acme--web/networkpolicies/kubenova-app-hello"

// TestNetworkPolicy follows the NetworkPolicy of an app: there from the deploy that
// asks for it, repaired, and gone with the deploy that does not, or with the app.
func TestNetworkPolicy(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.create()
	eventually(t, "the app runs", func() bool { return p.running(1) })
	if slices.Contains(p.target.Names(), networkPolicy) {
		t.Fatal("there is a NetworkPolicy that nobody asked for")
	}

	p.deployWith(`{"defaultDeny":true}`)
	eventually(t, "the second revision runs", func() bool { return p.running(2) })
	p.checkList(networkPolicy, "ingress", func(rules []any) bool { return len(rules) == 1 })
	if user := p.applier(networkPolicy); user != "" {
		t.Errorf("the NetworkPolicy was written as %q", user)
	}

	p.target.Set(func(c *memorycluster.Cluster) { delete(c.Objects, networkPolicy) })
	p.deployWith(`{"defaultDeny":true,"allowMetrics":true}`)
	eventually(t, "the third revision runs", func() bool { return p.running(3) })
	p.checkList(networkPolicy, "ingress", func(rules []any) bool { return len(rules) == 2 })

	p.deployWith("")
	eventually(t, "the NetworkPolicy is gone", func() bool { return !slices.Contains(p.target.Names(), networkPolicy) })

	p.deployWith(`{"defaultDeny":true}`)
	eventually(t, "the NetworkPolicy is back", func() bool { return slices.Contains(p.target.Names(), networkPolicy) })
	p.must(p.api.Apps("kn-acme--web").Delete(t.Context(), "hello", metav1.DeleteOptions{}))
	eventually(t, "the NetworkPolicy goes with the app", func() bool { return !slices.Contains(p.target.Names(), networkPolicy) })
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

// checkList looks at a list in the spec of an object of the cluster.
func (p *platform) checkList(path, list string, holds func([]any) bool) {
	p.Helper()
	p.target.Set(func(c *memorycluster.Cluster) {
		object := c.Objects[path]
		if object == nil {
			p.Fatalf("%s is not there", path)
		}
		rules, _, err := unstructured.NestedSlice(object.Object, "spec", list)
		if err != nil || !holds(rules) {
			p.Errorf("%s has %v: %v", path, rules, err)
		}
	})
}

// applier is whom the last apply of an object acted as; empty is KubeNova itself.
func (p *platform) applier(path string) (user string) {
	p.target.Set(func(c *memorycluster.Cluster) { user = c.Appliers[path] })
	return user
}
