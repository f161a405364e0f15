package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	builtin "github.com/kubenova/kubenova/docs/catalog"
	"github.com/kubenova/kubenova/pkg/catalog"
)

func TestBuiltIn(t *testing.T) {
	loaded, err := catalog.Load(builtin.Files)
	if err != nil {
		t.Fatal(err)
	}
	var sets []string
	for _, set := range loaded.PolicySets {
		sets = append(sets, set.Name)
		if len(set.Spec.Rules) == 0 || set.Spec.Description == "" {
			t.Errorf("%s says nothing: %+v", set.Name, set.Spec)
		}
	}
	if want := []string{"baseline", "baseline-security", "bluegreen-rollout", "gold-observability", "gold-tier"}; !slices.Equal(sets, want) {
		t.Errorf("policy sets are %v, want %v", sets, want)
	}
	quotas := map[string][]string{"baseline": {"2", "4Gi", "50"}, "gold": {"6", "10Gi", "200"}}
	for _, plan := range loaded.Plans {
		var got []string
		for _, name := range []string{"cpu", "memory", "pods"} {
			amount := plan.Spec.Quotas[name]
			got = append(got, amount.String())
		}
		if !slices.Equal(got, quotas[plan.Name]) || len(plan.Spec.Revision) != 16 || plan.Spec.Rollout.BatchSize != 10 {
			t.Errorf("plan %s is %v: %+v", plan.Name, got, plan.Spec)
		}
	}
	if gold := loaded.Plans[1]; gold.Name != "gold" || len(gold.Spec.PolicySets) != len(sets) {
		t.Errorf("gold is %+v", gold)
	}
	if len(loaded.Items) == 0 {
		t.Error("there is nothing that apps can be made of")
	}
}

// good is a small catalog.
func good() fstest.MapFS {
	return fstest.MapFS{
		"policysets.json": {Data: []byte(`[{"name":"ghcr","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":{"allowedRegistries":["ghcr.io"]}}}]},
			{"name":"quay","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":{"allowedRegistries":["quay.io"]}}}]},{"name":"base","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":1,"max":2}}}]}]`)},
		"plans.json":       {Data: []byte(`[{"name":"small","tenantQuotas":{"cpu":1,"memory":"1Gi"},"policysets":["base"]}]`)},
		"definitions.json": {Data: []byte(`[{"type":"component","name":"webservice","description":"A service."}]`)},
	}
}

func TestWrongFilesAreRefusedNamingFileAndField(t *testing.T) {
	for name, test := range map[string]struct{ file, content, want string }{
		"no JSON":          {"plans.json", `[{]`, "plans.json: "},
		"no array":         {"plans.json", `{}`, "plans.json: "},
		"unknown field":    {"plans.json", `[{"name":"x","quota":{}}]`, `plans.json: unknown field "[0].quota"`},
		"not a name":       {"plans.json", `[{"name":"No Name"}]`, "plans.json: plans[No Name].name"},
		"no name":          {"policysets.json", `[{"rules":[]}]`, "policysets.json: policysets[].name"},
		"name twice":       {"policysets.json", `[{"name":"base"},{"name":"base"}]`, `policysets.json: "base" is there twice`},
		"negative":         {"plans.json", `[{"name":"x","tenantQuotas":{"cpu":"-1"}}]`, "plans.json: plans[x].quotas[cpu]"},
		"no quantity":      {"plans.json", `[{"name":"x","tenantQuotas":{"cpu":"many"}}]`, "plans.json: "},
		"unknown set":      {"plans.json", `[{"name":"x","policysets":["base","ghost"]}]`, "plans.json: plans[x].policysets[1]: Not found"},
		"set twice":        {"plans.json", `[{"name":"x","policysets":["base","base"]}]`, "plans.json: plans[x].policysets[1]: Duplicate"},
		"batch":            {"plans.json", `[{"name":"x","rollout":{"batchSize":-1}}]`, "plans.json: plans[x].rollout.batchSize"},
		"kind of rule":     {"policysets.json", `[{"name":"base","rules":[{"kind":"magic","spec":{"type":"x"}}]}]`, "policysets.json: policysets[base].rules[0].kind"},
		"properties":       {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.trait","spec":{"type":"x","properties":[]}}]}]`, "policysets.json: policysets[base].rules[0].spec.properties"},
		"unknown trait":    {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.trait","spec":{"type":"service-account"}}]}]`, "policysets.json: policysets[base].rules[0].spec.type: Unsupported"},
		"unknown property": {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":1,"max":2,"most":3}}}]}]`, "policysets.json: policysets[base].rules[0].spec.properties.most"},
		"no verifier":      {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":{"requireSigned":true}}}]}]`, "policysets.json: policysets[base].rules[0].spec.properties.requireSigned"},
		"no registry":      {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.policy","spec":{"type":"image","properties":{"allowedRegistries":["ghcr.io"]}}},{"kind":"vela.policy","spec":{"type":"image","properties":{"allowedRegistries":["quay.io"]}}}]}]`, "policysets.json: policysets[base].rules[1].spec.properties.allowedRegistries"},
		"not together":     {"plans.json", `[{"name":"x","policysets":["ghcr","quay"]}]`, "plans.json: plans[x].policysets[quay].spec.rules[0].spec.properties.allowedRegistries"},
		"no resource":      {"plans.json", `[{"name":"x","tenantQuotas":{"bananas":"1"}}]`, "plans.json: plans[x].quotas[bananas]"},
		"half a pod":       {"plans.json", `[{"name":"x","tenantQuotas":{"pods":"500m"}}]`, "plans.json: plans[x].quotas[pods]"},
		"too many rules":   {"policysets.json", `[{"name":"base","rules":[{"kind":"vela.trait","spec":{"type":"annotations","properties":{"a":"` + strings.Repeat("x", 60<<10) + `"}}},{"kind":"vela.trait","spec":{"type":"annotations","properties":{"a":"` + strings.Repeat("x", 60<<10) + `"}}}]},{"name":"ghcr"},{"name":"quay"}]`, "plans.json: plans[small].policysets: Too long"},
		"unusable":         {"definitions.json", `[{"type":"component","name":"k8s-objects"}]`, "definitions.json: definitions[component-k8s-objects].name"},
		"type of item":     {"definitions.json", `[{"type":"gadget","name":"x"}]`, "definitions[gadget-x].type: Unsupported"},
		"larger than 1 MB": {"plans.json", strings.Repeat(" ", 1<<20) + `[]`, "plans.json is larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := good()
			wrong[test.file] = &fstest.MapFile{Data: []byte(test.content)}
			_, err := catalog.Load(wrong)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if _, err := catalog.Load(good()); err != nil {
		t.Errorf("the good one is refused: %v", err)
	}
}

func TestRevisionFollowsWhatTenantsGet(t *testing.T) {
	const sets, scaler = `[{"name":"a","rules":[%s]},{"name":"b"}]`, `{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":1,"max":2}}}`
	revision := func(plans, rules string) string {
		edited := good()
		edited["policysets.json"] = &fstest.MapFile{Data: fmt.Appendf(nil, sets, rules)}
		edited["plans.json"] = &fstest.MapFile{Data: []byte(plans)}
		loaded, err := catalog.Load(edited)
		if err != nil {
			t.Fatal(err)
		}
		plan := loaded.Plans[0]
		if len(plan.Spec.Revisions) != 1 || plan.At(plan.Spec.Revision) == nil {
			t.Errorf("at revision %s the plan is %+v", plan.Spec.Revision, plan.Spec)
		}
		return plan.Spec.Revision
	}
	const plain = `[{"name":"x","tenantQuotas":{"cpu":"1","memory":"1Gi"},"policysets":["a","b"]}]`
	was := revision(plain, scaler)
	for name, edit := range map[string]struct{ plans, rules string }{
		"spelling":          {`[{"name":"x","tenantQuotas":{"memory":"1024Mi","cpu":"1000m"},"policysets":["a","b"]}]`, scaler},
		"others":            {`[{"name":"x","description":"y","rollout":{"paused":true},"tenantQuotas":{"cpu":1,"memory":"1Gi"},"policysets":["a","b"]}]`, scaler},
		"spelling of rules": {plain, `{"spec":{"properties":{ "max":2, "min":1 },"type":"scaler"},"kind":"vela.trait"}`},
	} {
		if now := revision(edit.plans, edit.rules); now != was {
			t.Errorf("%s: changes the revision from %s to %s", name, was, now)
		}
	}
	for name, edit := range map[string]struct{ plans, rules string }{
		"order":  {`[{"name":"x","tenantQuotas":{"cpu":"1","memory":"1Gi"},"policysets":["b","a"]}]`, scaler},
		"amount": {`[{"name":"x","tenantQuotas":{"cpu":"2","memory":"1Gi"},"policysets":["a","b"]}]`, scaler},
		"quota":  {`[{"name":"x","tenantQuotas":{"cpu":"1"},"policysets":["a","b"]}]`, scaler},
		"set":    {`[{"name":"x","tenantQuotas":{"cpu":"1","memory":"1Gi"},"policysets":["a"]}]`, scaler},
		"rule":   {plain, strings.ReplaceAll(scaler, "2", "3")},
		"rules":  {plain, ""},
	} {
		if now := revision(edit.plans, edit.rules); now == was {
			t.Errorf("%s: does not change the revision", name)
		}
	}
}
