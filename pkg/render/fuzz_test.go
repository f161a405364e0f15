package render_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

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
	f.Fuzz(func(t *testing.T, componentType, properties, traitType, traitProperties, ruleType, ruleProperties string) {
		raw := func(s string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(s)} }
		in := render.Input{
			Tenant: "acme", Project: "web",
			App: &v1alpha1.App{Spec: v1alpha1.AppSpec{
				Components: []v1alpha1.Component{{Name: "a", Type: componentType, Properties: raw(properties)}},
				Traits:     []v1alpha1.AppTrait{{Trait: v1alpha1.Trait{Type: traitType, Properties: raw(traitProperties)}}},
			}},
			PolicySets: []v1alpha1.PolicySet{{Spec: v1alpha1.PolicySetSpec{Rules: []v1alpha1.PolicyRule{
				{Kind: v1alpha1.RulePolicy, Spec: v1alpha1.PolicyRuleSpec{Type: ruleType, Properties: raw(ruleProperties)}},
			}}}},
		}
		out, errs := render.Render(in)
		again, errsAgain := render.Render(in)
		if !reflect.DeepEqual(out, again) || len(errs) != len(errsAgain) {
			t.Fatal("not deterministic")
		}
		if len(errs) > 0 {
			return
		}
		renderedAgain(t, out)
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
