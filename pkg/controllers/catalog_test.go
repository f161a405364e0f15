package controllers_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// edit replaces a file of the catalog.
func (p *platform) edit(dir, file, content string) {
	p.Helper()
	p.must(os.WriteFile(filepath.Join(dir, ".new"), []byte(content), 0o600))
	p.must(os.Rename(filepath.Join(dir, ".new"), filepath.Join(dir, file)))
}

// plans are the plans that are stored, with a star behind those that are retired.
func (p *platform) plans() (names []string) {
	p.Helper()
	list, err := p.api.Plans().List(p.Context(), metav1.ListOptions{})
	p.must(err)
	for _, plan := range list.Items {
		name := plan.Name
		if plan.Spec.Retired {
			name += "*"
		}
		names = append(names, name)
	}
	return names
}

func (p *platform) untilPlans(want ...string) {
	p.Helper()
	var got []string
	eventually(p.T, "the plans to be stored", func() bool {
		got = p.plans()
		return slices.Equal(got, want)
	})
}

// TestCatalogIsStored has the controllers write the catalog, keep it, and follow
// its files.
func TestCatalogIsStored(t *testing.T) {
	p := newPlatform(t)
	p.catalogDir = t.TempDir()
	stop := p.start()
	p.untilPlans("baseline", "gold")
	eventually(t, "the rest to be stored", func() bool {
		sets, err := p.api.CatalogPolicySets().List(t.Context(), metav1.ListOptions{})
		p.must(err)
		items, err := p.api.CatalogItems().List(t.Context(), metav1.ListOptions{})
		p.must(err)
		return len(sets.Items) == 5 && len(items.Items) >= 15
	})

	t.Run("what others change is put back", func(t *testing.T) {
		p.change(func() error {
			gold, err := p.api.Plans().Get(t.Context(), "gold", metav1.GetOptions{})
			p.must(err)
			gold.Spec.PolicySets = nil
			_, err = p.api.Plans().Update(t.Context(), gold, metav1.UpdateOptions{})
			return err
		})
		p.must(p.api.CatalogPolicySets().Delete(t.Context(), "gold-tier", metav1.DeleteOptions{}))
		eventually(t, "it to be back", func() bool {
			gold, err := p.api.Plans().Get(t.Context(), "gold", metav1.GetOptions{})
			p.must(err)
			_, err = p.api.CatalogPolicySets().Get(t.Context(), "gold-tier", metav1.GetOptions{})
			return len(gold.Spec.PolicySets) == 5 && err == nil
		})
	})

	t.Run("the steady state and a restart write nothing", func(t *testing.T) {
		versions := func() (out []string) {
			plans, err := p.api.Plans().List(t.Context(), metav1.ListOptions{})
			p.must(err)
			sets, err := p.api.CatalogPolicySets().List(t.Context(), metav1.ListOptions{})
			p.must(err)
			items, err := p.api.CatalogItems().List(t.Context(), metav1.ListOptions{})
			p.must(err)
			for _, o := range plans.Items {
				out = append(out, o.ResourceVersion)
			}
			for _, o := range sets.Items {
				out = append(out, o.ResourceVersion)
			}
			for _, o := range items.Items {
				out = append(out, o.ResourceVersion)
			}
			return out
		}
		time.Sleep(time.Second)
		before := versions()
		stop()
		stop = p.start()
		time.Sleep(3 * time.Second)
		if after := versions(); !slices.Equal(before, after) {
			t.Errorf("resource versions went from %v to %v", before, after)
		}
	})

	t.Run("an edit is taken up without a restart, and a broken one is not", func(t *testing.T) {
		p.edit(p.catalogDir, "plans.json", `[{"name":"gold","tenantQuotas":{"cpu":"8"},"policysets":["gold-tier"]},{"name":"new"}]`)
		p.untilPlans("gold", "new")
		gold, err := p.api.Plans().Get(t.Context(), "gold", metav1.GetOptions{})
		p.must(err)
		if cpu := gold.Spec.Quotas["cpu"]; cpu.String() != "8" || len(gold.Spec.Quotas) != 1 {
			t.Errorf("gold has %v", gold.Spec.Quotas)
		}
		p.edit(p.catalogDir, "plans.json", `[{"name":"gold","policysets":["ghost"]}]`)
		p.edit(p.catalogDir, "policysets.json", `[{"name":"gold-tier"},{"name":"mine"}]`)
		time.Sleep(time.Second)
		p.untilPlans("gold", "new")
		p.edit(p.catalogDir, "plans.json", `[{"name":"gold","policysets":["mine"]}]`)
		p.untilPlans("gold")
		eventually(t, "the policy sets to follow", func() bool {
			sets, err := p.api.CatalogPolicySets().List(t.Context(), metav1.ListOptions{})
			p.must(err)
			return len(sets.Items) == 2 && sets.Items[0].Name == "gold-tier" && sets.Items[1].Name == "mine"
		})
	})
}
