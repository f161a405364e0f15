package controllers_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// withApps makes an app in a project of each tenant.
func (p *platform) withApps(tenants ...string) {
	p.Helper()
	for _, tenant := range tenants {
		_, err := p.api.Projects("kn-"+tenant).Create(p.Context(), &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}, metav1.CreateOptions{})
		p.must(err)
		_, err = p.api.Apps("kn-"+tenant+"--web").Create(p.Context(), &v1alpha1.App{
			ObjectMeta: metav1.ObjectMeta{Name: "hello"},
			Spec: v1alpha1.AppSpec{Components: []v1alpha1.Component{{
				Name: "web", Type: "webservice", Properties: &runtime.RawExtension{Raw: []byte(`{"image":"nginx"}`)},
			}}},
		}, metav1.CreateOptions{})
		p.must(err)
	}
}

// replicas are how many a deploy of the app of each tenant would make.
func (p *platform) replicas(tenants ...string) string {
	p.Helper()
	out := ""
	for _, tenant := range tenants {
		deploy, err := p.api.Apps("kn-"+tenant+"--web").Deploy(p.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		p.must(err)
		for _, trait := range deploy.Status.Rendered.Components[0].Traits {
			out += tenant + string(trait.Properties.Raw)
		}
	}
	return out
}

// want is what replicas says of tenants with so many each.
func want(each string, tenants ...string) (out string) {
	for i, tenant := range tenants {
		out += fmt.Sprintf(`%s{"replicas":%c}`, tenant, each[i])
	}
	return out
}

// editRules writes what the policy set of the plan gold says, and its quotas.
func (p *platform) editRules(replicas, cpu int, paused bool) {
	p.Helper()
	p.edit(p.catalogDir, "policysets.json", fmt.Sprintf(`[{"name":"gold-tier","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"replicas":%d}}}]}]`, replicas))
	p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, cpu, paused))
}

// kept are the replicas at each revision of the plan.
func kept(plan *v1alpha1.Plan) string {
	out := ""
	for _, revision := range plan.Spec.Revisions {
		out += string(revision.PolicySets[0].Spec.Rules[0].Spec.Properties.Raw)
	}
	return out
}

// TestRulesRollOut edits the rules of a policy set: they reach the deploys of
// tenants in the same steps as quotas do, and can be stopped as those can.
func TestRulesRollOut(t *testing.T) {
	p := newPlatform(t)
	p.catalogDir = t.TempDir()
	p.editRules(1, 6, false)
	stop := p.start()
	p.untilPlans("gold")
	names := []string{"a", "b", "c"}
	p.withPlan(names...)
	p.withApps(names...)
	check := func(each string) {
		t.Helper()
		if got := p.replicas(names...); got != want(each, names...) {
			t.Errorf("deploys would make %s, want %s", got, want(each, names...))
		}
	}
	check("111")

	p.editRules(2, 6, true)
	p.untilRollout("Paused", 0)
	check("111")

	p.target.Set(func(c *memorycluster.Cluster) { c.Slow = true })
	p.editRules(3, 8, false)
	p.untilRollout("Progressing", 2)
	check("331")

	_, err := p.api.Plans().Stop(t.Context(), "gold", &v1alpha1.PlanStop{}, metav1.CreateOptions{})
	p.must(err)
	p.target.Set(func(c *memorycluster.Cluster) { c.Slow = false })
	stop()
	p.start()
	p.editRules(4, 8, false)
	plan := p.untilRollout("Stopped", 0)
	check("331")
	if got := kept(plan); got != `{"replicas":4}{"replicas":3}{"replicas":1}` {
		t.Errorf("the plan has the revisions %s", got)
	}

	_, err = p.api.Plans().Resume(t.Context(), "gold", &v1alpha1.PlanResume{}, metav1.CreateOptions{})
	p.must(err)
	p.untilRollout("Complete", 3)
	check("444")
	time.Sleep(time.Second) // for the cache to see it
	p.editRules(5, 8, false)
	const last = `{"replicas":5}{"replicas":4}`
	eventually(t, "the plan to change, and no longer to know what nobody has", func() bool {
		plan, err = p.api.Plans().Get(t.Context(), "gold", metav1.GetOptions{})
		p.must(err)
		return kept(plan) == last
	})
	plan = p.untilRollout("Complete", 3)
	check("555")
	revisions := map[string]bool{}
	for _, name := range names {
		tenant, err := p.api.Tenants().Get(t.Context(), name, metav1.GetOptions{})
		p.must(err)
		revisions[tenant.Status.Plan.Revision] = true
	}
	if !maps.Equal(revisions, map[string]bool{plan.Spec.Revision: true}) {
		t.Errorf("the tenants have %v, the plan %s", revisions, plan.Spec.Revision)
	}
}
