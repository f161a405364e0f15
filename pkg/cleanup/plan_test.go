package cleanup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"
)

var apps = schema.GroupVersionResource{Group: "core.oam.dev", Version: "v1beta1", Resource: "applications"}

func object(resource schema.GroupVersionResource, namespace, name string, terminating bool, finalizers ...string) Object {
	return Object{
		Resource: resource, Namespace: namespace, Name: name, UID: types.UID(resource.Resource + "/" + namespace + "/" + name),
		Terminating: terminating, Finalizers: finalizers,
	}
}

func lines(actions []Action) (out []string) {
	for _, a := range actions {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", a.Verb, a.Object.Resource.Resource, strings.TrimPrefix(a.Object.Namespace+"/"+a.Object.Name, "/"))))
	}
	return out
}

func hook(name string, broken bool) Hook {
	return Hook{Object: object(webhooks()[0], "", name, false), Broken: broken}
}

func TestMake(t *testing.T) {
	crd := func(instances ...Object) Definition {
		return Definition{Object: object(crds, "", "applications.core.oam.dev", false), Group: "core.oam.dev", Instances: instances}
	}
	stuck := func(contents ...Object) Namespace {
		return Namespace{Object: object(namespaces, "", "acme--web", true), Stuck: true, Contents: contents}
	}
	configMaps := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	leftover := Namespace{Object: object(namespaces, "", "vela-system", false)}
	for name, c := range map[string]struct {
		state State
		want  []string
	}{
		"nothing": {State{}, nil},
		"broken webhooks of components, and others": {
			State{Hooks: []Hook{hook("capsule-validating-webhook-configuration", true), hook("kyverno-policy", true), hook("velazquez", true), hook("kubevela-vela-core-admission", false)}},
			[]string{"Delete validatingwebhookconfigurations capsule-validating-webhook-configuration", "Delete validatingwebhookconfigurations kyverno-policy"},
		},
		"an API service of a component": {
			State{Hooks: []Hook{{Object: object(apiServices, "", "v1alpha1.cluster.core.oam.dev", false), Group: "cluster.core.oam.dev", Broken: true}, {Object: object(apiServices, "", "v1.theirs.dev", false), Group: "theirs.dev", Broken: true}}},
			[]string{"Delete apiservices v1alpha1.cluster.core.oam.dev"},
		},
		"definitions of what is gone": {
			State{Definitions: []Definition{crd(object(apps, "a", "x", true, "app.oam.dev/resource-tracker-finalizer"))}},
			[]string{"RemoveFinalizers applications a/x", "Delete customresourcedefinitions applications.core.oam.dev"},
		},
		"definitions with living objects":   {State{Definitions: []Definition{crd(object(apps, "a", "x", false))}}, []string{"Keep customresourcedefinitions applications.core.oam.dev"}},
		"definitions of what runs":          {State{Definitions: []Definition{crd()}, Running: map[string]bool{"vela-core": true}}, nil},
		"definitions of what may answer":    {State{Definitions: []Definition{crd()}, Hooks: []Hook{hook("kubevela-vela-core-admission", false)}}, nil},
		"definitions that tenants need":     {State{Definitions: []Definition{crd()}, Tenants: true}, []string{"Keep customresourcedefinitions applications.core.oam.dev"}},
		"a component's namespace":           {State{Namespaces: []Namespace{leftover}}, []string{"Delete namespaces vela-system"}},
		"a component's namespace with pods": {State{Namespaces: []Namespace{{Object: leftover.Object, Pods: true}}}, nil},
		"a stuck namespace":                 {State{Namespaces: []Namespace{stuck()}}, []string{"Finalize namespaces acme--web"}},
		"a stuck namespace with what is gone's": {
			State{Namespaces: []Namespace{stuck(object(configMaps, "acme--web", "x", true, "capsule.clastix.io/x"))}},
			[]string{"RemoveFinalizers configmaps acme--web/x", "Finalize namespaces acme--web"},
		},
		"a stuck namespace with someone else's": {
			State{Namespaces: []Namespace{stuck(object(configMaps, "acme--web", "x", true, "theirs.dev/x"))}},
			[]string{"Keep configmaps acme--web/x", "Keep namespaces acme--web"},
		},
		"a stuck namespace with an API that is away": {
			State{Namespaces: []Namespace{{Object: stuck().Object, Stuck: true, Unread: []string{"metrics.k8s.io/v1"}}}},
			[]string{"Keep namespaces acme--web"},
		},
	} {
		if got := lines(Make(c.state)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestCoreIsUntouchable has plans for clusters in any state, and then has core
// namespaces in a plan that was made wrong.
func TestCoreIsUntouchable(t *testing.T) {
	core := []string{"default", "kube-system", "kube-public", "kube-node-lease", "local-path-storage", "metallb-system", "kubenova-system", "kn-acme"}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(core).Draw(t, "name")
		terminating, stuck, tenants := rapid.Bool().Draw(t, "terminating"), rapid.Bool().Draw(t, "stuck"), rapid.Bool().Draw(t, "tenants")
		finalizers := rapid.SampledFrom([][]string{nil, {"capsule.clastix.io/x"}, {"theirs.dev/x"}}).Draw(t, "finalizers")
		inside := object(apps, name, "x", true, "app.oam.dev/x")
		plan := Make(State{
			Tenants:     tenants,
			Namespaces:  []Namespace{{Object: object(namespaces, "", name, terminating, finalizers...), Stuck: stuck, Contents: []Object{inside}}},
			Definitions: []Definition{{Object: object(crds, "", "applications.core.oam.dev", false), Group: "core.oam.dev", Instances: []Object{inside}}},
		})
		for _, action := range plan {
			if action.Verb != Keep && (action.Object.Name == name || action.Object.Namespace == name) {
				t.Fatalf("plans %v", lines(plan))
			}
		}
	})
	for _, name := range core {
		if isOwned(name, map[string]string{"kubenova.tenant": "x", "capsule.clastix.io/tenant": "x"}) {
			t.Errorf("%s belongs to a tenant by its labels", name)
		}
		// The clients are nil: to reach one is to panic.
		for _, wrong := range []Object{object(namespaces, "", name, true), object(apps, name, "x", true)} {
			for _, verb := range []Verb{Delete, RemoveFinalizers, Finalize} {
				if err := (Cluster{}).do(t.Context(), Action{Verb: verb, Object: wrong}); err == nil || !strings.Contains(err.Error(), "refusing") {
					t.Errorf("%s of %s: %v", verb, wrong.UID, err)
				}
			}
		}
	}
}
