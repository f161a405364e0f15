package facade_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// planAnswer is what /plan answers with.
type planAnswer struct {
	Name, Revision, AppliedAt string
	PolicySets                []string
	Quotas                    map[string]string
}

// TestPlanOfTenant gives a tenant plans, and has its apps get their policy sets.
func TestPlanOfTenant(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	stock(t, server)
	made := d.grow(t, "a")
	plan := func(method, query, body string) (got planAnswer) {
		d.call(t, method, made.tenant+"/plan"+query, body).want(200).into(&got)
		return got
	}

	if got := plan("GET", "", ""); got.Name != "" || len(got.Quotas) > 0 || got.AppliedAt != "" {
		t.Errorf("a new tenant has the plan %+v", got)
	}
	d.call(t, "PUT", made.tenant+"/quotas", `{"cpu":"4","services":"7"}`).want(200)
	want := map[string]string{"cpu": "6", "memory": "10Gi", "pods": "200", "services": "7"}
	tried := plan("PUT", "?dryRun=All", `{"name":"gold"}`)
	if !maps.Equal(tried.Quotas, want) || len(tried.PolicySets) != 5 || tried.Revision == "" {
		t.Errorf("a dry run says %+v", tried)
	}
	if got := plan("GET", "", ""); got.Name != "" {
		t.Errorf("a dry run gave the plan %+v", got)
	}
	if got := plan("PUT", "", `{"name":"gold"}`); !maps.Equal(got.Quotas, want) || got.Name != "gold" {
		t.Errorf("given gold, the tenant has %+v", got)
	}
	if got := d.call(t, "GET", made.tenant+"/quotas", "").want(200).body; got != `{"services":"7"}`+"\n" {
		t.Errorf("its own quotas are %s", got)
	}
	if got := d.call(t, "GET", made.tenant, "").want(200).body; !strings.Contains(got, `"plan":"gold"`) {
		t.Errorf("the tenant is %s", got)
	}

	t.Run("quotas that are set later win, and limits bound counts", func(t *testing.T) {
		d.call(t, "PUT", made.tenant+"/quotas", `{"cpu":"8"}`).want(200)
		d.call(t, "PUT", made.tenant+"/limits", `{"pods":"50"}`).want(200)
		if got := plan("GET", "", ""); got.Quotas["cpu"] != "8" || got.Quotas["pods"] != "50" {
			t.Errorf("got %v", got.Quotas)
		}
	})

	t.Run("apps get the policy sets with their next deploy", func(t *testing.T) {
		d.call(t, "PUT", made.app, `{"components":[{"name":"web","type":"webservice","properties":{"image":"docker.io/library/nginx","ports":[{"port":80}]}}]}`).want(200)
		d.call(t, "POST", made.app+":deploy", "").want(202)
		revision := newestOf(t, server, made)
		if got, want := revision.Spec.Rendered.Components[0].Traits, "hpa"; !slices.ContainsFunc(got, func(x v1alpha1.Trait) bool { return x.Type == want }) {
			t.Errorf("the traits are %v", got)
		}
		var origins []string
		for _, o := range revision.Spec.Origins {
			origins = append(origins, o.Path+" "+o.Origin)
		}
		for _, want := range []string{"components[web].traits[hpa] plan/gold/gold-tier/rules[0]", "network plan/gold/baseline-security/rules[0]"} {
			if !slices.Contains(origins, want) {
				t.Errorf("the origins lack %s:\n%s", want, strings.Join(origins, "\n"))
			}
		}
	})

	t.Run("what was applied holds for deploys, whatever the plan says by now", func(t *testing.T) {
		tenant, err := server.Client.KubenovaV1alpha1().Tenants().Get(t.Context(), "a-tenant", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		formerly(t, server, "gold", "old", "baseline")
		tenant.Status.Plan = &v1alpha1.AppliedPlan{Name: "gold", Revision: "old", PolicySets: []string{"baseline"}, AppliedAt: metav1.Now()}
		if _, err := server.Client.KubenovaV1alpha1().Tenants().UpdateStatus(t.Context(), tenant, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		d.call(t, "POST", made.app+":deploy", "").want(202)
		if got := newestOf(t, server, made).Spec.Rendered; got.Network != nil || len(got.Components[0].Traits) > 0 {
			t.Errorf("got %+v", got)
		}
		if got := plan("GET", "", ""); got.Revision != "old" || got.AppliedAt == "" {
			t.Errorf("the tenant has %+v", got)
		}
	})

	t.Run("what cannot be had is refused", func(t *testing.T) {
		d.call(t, "PUT", made.tenant+"/plan", `{}`).want(422).wantField("name")
		d.call(t, "PUT", made.tenant+"/plan", `{"name":"ghost"}`).want(422).wantField("name")
		d.call(t, "PUT", made.tenant+"/plan", `{"name":"No Name"}`).want(422).wantField("name")
		d.call(t, "PUT", made.tenant+"/plan", `{"name":"retired"}`).want(422).wantField("name")
		d.call(t, "POST", made.cluster+"/tenants", `{"name":"other","plan":"ghost"}`).want(422).wantField("plan")
		d.call(t, "POST", made.cluster+"/tenants", `{"name":"other","plan":"baseline"}`).want(200)
	})

	if got := plan("PUT", "", `{"name":""}`); got.Name != "" || got.Quotas["cpu"] != "8" || len(got.PolicySets) > 0 {
		t.Errorf("without a plan the tenant has %+v", got)
	}
}

// formerly gives a plan a former revision, which had one of its policy sets alone.
func formerly(t *testing.T, server *testserver.Server, name, revision, set string) {
	t.Helper()
	plans := server.Client.KubenovaV1alpha1().Plans()
	plan, err := plans.Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(s v1alpha1.PlanPolicySet) bool { return s.Name == set }
	at := slices.IndexFunc(plan.Spec.Revisions[0].PolicySets, of)
	plan.Spec.Revisions = append(plan.Spec.Revisions, v1alpha1.PlanRevision{Revision: revision, PolicySets: plan.Spec.Revisions[0].PolicySets[at : at+1]})
	if _, err := plans.Update(t.Context(), plan, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// TestRolloutIsStopped stops and resumes the rollout of a plan.
func TestRolloutIsStopped(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	stock(t, server)
	stopped := func() bool {
		plan, err := server.Client.KubenovaV1alpha1().Plans().Get(t.Context(), "gold", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return plan.Spec.Rollout.Stopped
	}
	d.call(t, "POST", "/plans/gold:stop?dryRun=All", "").wantEmpty(202)
	if stopped() {
		t.Error("a dry run has stopped the rollout")
	}
	d.call(t, "POST", "/plans/gold:stop", "").wantEmpty(202)
	d.call(t, "POST", "/plans/gold:stop", "").wantEmpty(202)
	if got := d.call(t, "GET", "/plans", "").want(200).body; !stopped() || !strings.Contains(got, `"stopped":true`) {
		t.Errorf("the plans are %s", got)
	}
	d.call(t, "POST", "/plans/gold:resume", "").wantEmpty(202)
	if stopped() {
		t.Error("the rollout is stopped still")
	}
	d.call(t, "POST", "/plans/ghost:stop", "").want(404)
}

// newestOf returns the newest revision of the tree's app.
func newestOf(t *testing.T, server *testserver.Server, made tree) *v1alpha1.AppRevision {
	t.Helper()
	list, err := server.Client.KubenovaV1alpha1().AppRevisions("").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) == 0 {
		t.Fatal(list, err)
	}
	return slices.MaxFunc(pointersTo(list.Items), func(a, b *v1alpha1.AppRevision) int { return int(a.Spec.Revision - b.Spec.Revision) })
}

func pointersTo[T any](items []T) (out []*T) {
	for i := range items {
		out = append(out, &items[i])
	}
	return out
}
