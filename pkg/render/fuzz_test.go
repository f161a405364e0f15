package render_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// FuzzRender checks that rendering is deterministic, that its result is on the
// allow-list and renders to itself, and that no way out gets through.
func FuzzRender(f *testing.F) {
	f.Add("webservice", `{"image":"nginx","ports":[{"port":80}]}`, "scaler", `{"replicas":2}`, "health", `{"probe":"http"}`)
	f.Add("webservice", `{"image":"nginx","volumeMounts":{"hostPath":[{"path":"/"}]}}`, "hpa", `{"min":1,"max":2}`, "topology", `{}`)
	f.Add("daemon", `{"image":"a","image":"b"}`, "k8s-update-strategy", `{"strategy":{"type":"RollingUpdate"}}`, "apply-once", `{"enable":true}`)
	f.Add("statefulset", `{"image":"a"} {}`, "k8s-update-strategy", `{"strategy":{"type":"OnDelete"}}`, "", `null`)
	f.Add("cron-task", `{"image":"a","schedule":"* * * * *"}`, "resource", `{"cpu":1,"memory":"1Gi"}`, "health", `[]`)
	f.Add("worker", `{"image":"a","env":[{"name":"A","value":"b"}]}`, "env", `{"env":{"A":"b"},"unset":["C"]}`, "health", `{"intervalSeconds":1e1}`)
	f.Add("webservice", `{"image":"ghcr.io/a","port":80}`, "logging", `{"level":"warn"}`, "image", `{"allowedRegistries":["ghcr.io","docker.io/library/"]}`)
	f.Add("statefulset", `{"image":"a","env":[{"name":"LOG_LEVEL"}]}`, "metrics", `{"port":1,"enabled":false}`, "network", `{"defaultDeny":true,"allowDNS":true}`)
	f.Add("daemon", `{"image":"a"}`, "labels", `{"a":"b"}`, "rollout", `{"strategy":"bluegreen"}`)
	f.Add("task", `{"image":"a"}`, "resource", `{"requests":{"cpu":1,"memory":"1Gi"}}`, "rollout", `{"maxUnavailable":"10%"}`)
	f.Fuzz(func(t *testing.T, componentType, properties, traitType, traitProperties, ruleType, ruleProperties string) {
		in := render.Input{
			Tenant: "acme", Project: "web",
			App: &v1alpha1.App{Spec: v1alpha1.AppSpec{
				Components: []v1alpha1.Component{{Name: "a", Type: componentType, Properties: raw(properties)}},
				Traits:     []v1alpha1.AppTrait{{Trait: v1alpha1.Trait{Type: traitType, Properties: raw(traitProperties)}}},
			}},
			PlanSets: []render.PlanPolicySet{{Plan: "gold", Set: setOf("base", v1alpha1.RuleTrait, "metrics", `{}`)}},
			PolicySets: []v1alpha1.PolicySet{
				setOf("a", v1alpha1.RulePolicy, ruleType, ruleProperties),
				setOf("b", v1alpha1.RuleTrait, "logging", `{}`),
				setOf("c", v1alpha1.RulePolicy, "rollout", `{"batchPartition":1,"maxSurge":1}`),
			},
		}
		out, errs := render.Render(in)
		slices.Reverse(in.PolicySets)
		again, errsAgain := render.Render(in)
		if !reflect.DeepEqual(out, again) || !reflect.DeepEqual(errs, errsAgain) {
			t.Fatal("not deterministic")
		}
		if len(errs) > 0 {
			return
		}
		renderedAgain(t, out.Rendered)
		data, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, wayOut := range []string{`"hostPath":`, `"nodePort":`, `"serviceAccountName":`, `"app.oam.dev/`} {
			if bytes.Contains(data, []byte(wayOut)) {
				t.Errorf("%s got through: %s", wayOut, data)
			}
		}
	})
}

func setOf(name string, kind v1alpha1.PolicyRuleKind, typeName, properties string) v1alpha1.PolicySet {
	set := v1alpha1.PolicySet{Spec: v1alpha1.PolicySetSpec{Rules: []v1alpha1.PolicyRule{
		{Kind: kind, Spec: v1alpha1.PolicyRuleSpec{Type: typeName, Properties: raw(properties)}},
	}}}
	set.Name = name
	return set
}

// FuzzDiff checks that comparing is deterministic, that its paths are distinct,
// and that both ways see the same fields.
func FuzzDiff(f *testing.F) {
	f.Add(`{"env":[{"name":"A","value":"b"}]}`, `{"env":[{"name":"A","value":"c"},{"name":"B"}]}`, "components[a].properties.env[B]")
	f.Add(`{"cmd":["a"],"x":[{"type":"t"}]}`, `{"cmd":{},"x":[{"type":"t","y":[]}]}`, "components[a]")
	f.Add(`{"":{"a.b":1,"a]":null}}`, `{"":[{"name":""},{"name":"x"}]}`, "components")
	f.Add(`null`, `{"--password":"x","args":["--password","x"]}`, `components[a].properties["a]"]`)
	f.Fuzz(func(t *testing.T, before, after, path string) {
		if !json.Valid([]byte(before)) || !json.Valid([]byte(after)) {
			return
		}
		from, to := revisionOf(before), revisionOf(after)
		to.Origins = []v1alpha1.FieldOrigin{{Path: path, Origin: "policyset/a/rules[0]"}}
		forth, back := diff(t, from, to), diff(t, to, from)
		if again := diff(t, from, to); !reflect.DeepEqual(forth, again) {
			t.Fatal("not deterministic")
		}
		if len(forth) != len(back) {
			t.Errorf("%d changes forth and %d back", len(forth), len(back))
		}
		seen := map[string]bool{}
		for _, c := range forth {
			if seen[c.Path] {
				t.Errorf("%s is twice in %+v", c.Path, forth)
			}
			seen[c.Path] = true
			if (c.Old == nil) != (c.Op == render.OperationAdd) || (c.New == nil) != (c.Op == render.OperationRemove) {
				t.Errorf("a change without its values: %+v", c)
			}
		}
		if changes := diff(t, to, to); len(changes) > 0 {
			t.Errorf("a revision differs from itself: %+v", changes)
		}
	})
}
