package controllers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

const goldPlan = `[{"name":"gold","tenantQuotas":{"cpu":"%d"},"policysets":["gold-tier"],"rollout":{"batchSize":2,"paused":%t}}]`

// withPlan makes tenants that have the plan gold, and waits until they do.
func (p *platform) withPlan(names ...string) {
	p.Helper()
	for _, name := range names {
		_, err := p.api.Tenants().Create(p.Context(), &v1alpha1.Tenant{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "dev"}, Plan: "gold"},
		}, metav1.CreateOptions{})
		p.must(err)
	}
	p.untilRollout("Complete", len(names))
}

// onCluster is the cpu that the cluster holds a tenant to, once the tenant is there.
func (p *platform) onCluster(tenant string) string {
	var rules []any
	eventually(p.T, "the Capsule Tenant of "+tenant, func() bool {
		var found bool
		p.target.Set(func(c *memorycluster.Cluster) {
			object := c.Objects["/apis/capsule.clastix.io/v1beta2/tenants/"+tenant]
			if found = object != nil; found {
				rules, _, _ = unstructured.NestedSlice(object.Object, "spec", "rules")
			}
		})
		return found
	})
	if len(rules) == 0 {
		return ""
	}
	quotas, _, _ := unstructured.NestedSlice(rules[0].(map[string]any), "quota")
	cpu, _, _ := unstructured.NestedString(quotas[0].(map[string]any), "hard", "cpu")
	return cpu
}

// untilRollout waits for a state of the rollout, and for how many tenants of the
// plan have its revision.
func (p *platform) untilRollout(reason string, updated int) *v1alpha1.Plan {
	p.Helper()
	var plan *v1alpha1.Plan
	deadline := time.Now().Add(30 * time.Second)
	for {
		var err error
		plan, err = p.api.Plans().Get(p.Context(), "gold", metav1.GetOptions{})
		p.must(err)
		condition := meta.FindStatusCondition(plan.Status.Conditions, v1alpha1.PlanRolledOut)
		if condition != nil && condition.ObservedGeneration == plan.Generation && condition.Reason == reason && plan.Status.UpdatedTenants == int32(updated) {
			return plan
		}
		if time.Now().After(deadline) {
			p.Fatalf("waited for %s with %d tenants, got %+v", reason, updated, plan.Status)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestPlanRollout changes a plan that tenants have, again and again, and stops and
// resumes what follows.
func TestPlanRollout(t *testing.T) {
	p := newPlatform(t)
	p.catalogDir = t.TempDir()
	p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, 6, false))
	stop := p.start()
	p.untilPlans("gold")
	names := []string{"a", "b", "c", "d", "e"}
	p.withPlan(names...)

	t.Run("what a tenant gets at once is on the cluster from the first write on", func(t *testing.T) {
		for _, name := range names {
			tenant, err := p.api.Tenants().Get(t.Context(), name, metav1.GetOptions{})
			p.must(err)
			applied := tenant.Status.Plan
			if applied.Name != "gold" || applied.Revision == "" || applied.AppliedAt.IsZero() || applied.PreviousRevision != "" || applied.PolicySets[0] != "gold-tier" {
				t.Errorf("%s has %+v", name, applied)
			}
			if cpu := p.onCluster(name); cpu != "6" {
				t.Errorf("%s may have cpu %s", name, cpu)
			}
			var generation int64
			p.target.Set(func(c *memorycluster.Cluster) {
				generation = c.Objects["/apis/capsule.clastix.io/v1beta2/tenants/"+name].GetGeneration()
			})
			if generation != 1 {
				t.Errorf("the Capsule Tenant of %s was written %d times", name, generation)
			}
		}
	})

	t.Run("an edit that is paused shows whom it affects", func(t *testing.T) {
		p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, 8, true))
		plan := p.untilRollout("Paused", 0)
		if plan.Status.Tenants != 5 || p.onCluster("a") != "6" {
			t.Errorf("%d tenants are affected, and a has cpu %s", plan.Status.Tenants, p.onCluster("a"))
		}
	})

	t.Run("it goes no further than a step that is not taken up", func(t *testing.T) {
		p.target.Set(func(c *memorycluster.Cluster) { c.Slow = true })
		p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, 8, false))
		p.untilRollout("Progressing", 2)
		time.Sleep(2 * time.Second)
		p.untilRollout("Progressing", 2)
	})

	t.Run("stopped, it stays where it is, also over a restart and an edit", func(t *testing.T) {
		_, err := p.api.Plans().Stop(t.Context(), "gold", &v1alpha1.PlanStop{}, metav1.CreateOptions{})
		p.must(err)
		p.target.Set(func(c *memorycluster.Cluster) { c.Slow = false })
		p.untilRollout("Stopped", 2)
		stop()
		stop = p.start()
		time.Sleep(2 * time.Second)
		p.untilRollout("Stopped", 2)
		eventually(t, "the first step to be in effect", func() bool {
			plan, err := p.api.Plans().Get(t.Context(), "gold", metav1.GetOptions{})
			p.must(err)
			return plan.Status.ReadyTenants == 2
		})
		if p.onCluster("a") != "8" || p.onCluster("e") != "6" {
			t.Errorf("a has cpu %s and e has cpu %s", p.onCluster("a"), p.onCluster("e"))
		}
		p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, 9, false))
		p.untilRollout("Stopped", 0)
	})

	t.Run("resumed, it reaches everyone", func(t *testing.T) {
		_, err := p.api.Plans().Resume(t.Context(), "gold", &v1alpha1.PlanResume{}, metav1.CreateOptions{})
		p.must(err)
		plan := p.untilRollout("Complete", 5)
		tenant, err := p.api.Tenants().Get(t.Context(), "e", metav1.GetOptions{})
		p.must(err)
		if tenant.Status.Plan.PreviousRevision == "" || tenant.Status.Plan.Revision != plan.Spec.Revision || p.onCluster("e") != "9" {
			t.Errorf("e has %+v, on the cluster cpu %s", tenant.Status.Plan, p.onCluster("e"))
		}
	})

	t.Run("a tenant that cannot take it up stops it", func(t *testing.T) {
		p.target.Set(func(c *memorycluster.Cluster) { c.Refuse = "/tenants/b" })
		p.edit(p.catalogDir, "plans.json", fmt.Sprintf(goldPlan, 3, false))
		plan := p.untilRollout("TenantFailed", 2)
		if plan.Status.FailedTenants != 1 || p.onCluster("c") != "9" {
			t.Errorf("got %+v, and c has cpu %s", plan.Status, p.onCluster("c"))
		}
		p.target.Set(func(c *memorycluster.Cluster) { c.Refuse = "" })
		p.untilRollout("Complete", 5)
	})

	t.Run("the steady state writes nothing", func(t *testing.T) {
		before := p.untilRollout("Complete", 5).ResourceVersion
		writes := p.target.CountWrites()
		stop()
		stop = p.start()
		time.Sleep(3 * time.Second)
		if after := p.untilRollout("Complete", 5).ResourceVersion; after != before || p.target.CountWrites() != writes {
			t.Errorf("the plan went from %s to %s, with %d writes to the cluster", before, after, p.target.CountWrites()-writes)
		}
	})
}

// TestPlanOfTenant gives a tenant another plan, and takes it away.
func TestPlanOfTenant(t *testing.T) {
	p := newPlatform(t)
	p.start()
	p.untilPlans("baseline", "gold")
	p.withPlan("acme")
	set := func(plan string, quotas v1alpha1.ResourceAmounts) {
		p.change(func() error {
			tenant, err := p.api.Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
			p.must(err)
			tenant.Spec.Plan, tenant.Spec.Quotas = plan, quotas
			_, err = p.api.Tenants().Update(t.Context(), tenant, metav1.UpdateOptions{})
			return err
		})
	}
	until := func(want string) {
		t.Helper()
		got := ""
		eventually(t, "the plan to be "+want, func() bool {
			tenant, err := p.api.Tenants().Get(t.Context(), "acme", metav1.GetOptions{})
			p.must(err)
			got = ""
			if tenant.Status.Plan != nil {
				got = tenant.Status.Plan.Name + " " + tenant.Status.Plan.PreviousRevision
			}
			return strings.TrimSpace(got)+" "+p.onCluster("acme") == want
		})
	}
	until("gold 6")
	set("baseline", nil)
	until("baseline 2")
	set("baseline", v1alpha1.ResourceAmounts{"cpu": resource.MustParse("3")})
	until("baseline 3")
	set("", nil)
	until(" ")
}
