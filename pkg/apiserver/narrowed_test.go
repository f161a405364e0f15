package apiserver_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

// TestListsLookAtWhatIsSeen counts the objects that the server looks at for the
// list of one who sees few of them.
func TestListsLookAtWhatIsSeen(t *testing.T) {
	p := startPlatform(t)
	p.growTenants(t)
	for i := range 10 {
		tenant := fmt.Sprint("other", i)
		done(t, p.own(t.Context(), tenant, "someone"))
		done(t, p.join(t.Context(), tenant, "web"))
		for n := range 5 {
			done(t, p.addApp(t.Context(), tenant, "web", fmt.Sprint("app", n)))
		}
	}
	for _, name := range []string{"dora", "ann", "nobody"} {
		// What is not in the cache yet is read from etcd, and not counted.
		_, err := p.as(t, name).Apps("").List(t.Context(), metav1.ListOptions{})
		done(t, err)
		before := fetched(t)
		list, err := p.as(t, name).Apps("").List(t.Context(), metav1.ListOptions{})
		done(t, err)
		if looked := fetched(t) - before; int(looked) != len(list.Items) {
			t.Errorf("%s was shown %d apps, for which %v were looked at", name, len(list.Items), looked)
		}
	}
}

// fetched returns how many apps lists have taken from the cache.
func fetched(t *testing.T) (count float64) {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	done(t, err)
	for _, family := range families {
		if family.GetName() != "apiserver_cache_list_fetched_objects_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetValue() == "apps" {
					count += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return count
}

// TestPagesShowOneMoment deletes a project and makes another while an owner of
// their tenant reads page by page.
func TestPagesShowOneMoment(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.growTenants(t)
	apps := p.as(t, "ann").Apps("")
	list, err := apps.List(t.Context(), metav1.ListOptions{Limit: 1})
	done(t, err)
	for _, name := range []string{"one", "two"} {
		done(t, membershiptest.RemoveApp(t.Context(), p.admin(), "acme", "web", name))
	}
	done(t, p.leave(t.Context(), "acme", "web"))
	done(t, p.join(t.Context(), "acme", "zoo"))
	done(t, p.addApp(t.Context(), "acme", "zoo", "one"))

	var rest []string
	for options := (metav1.ListOptions{Limit: 1, Continue: list.Continue}); ; {
		page, err := apps.List(t.Context(), options)
		done(t, err)
		for _, app := range page.Items {
			rest = append(rest, app.Namespace+"/"+app.Name)
		}
		if page.ResourceVersion != list.ResourceVersion {
			t.Errorf("a page is of version %s, the first one of %s", page.ResourceVersion, list.ResourceVersion)
		}
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	if want := []string{"kn-acme--api/two", "kn-acme--web/one", "kn-acme--web/two"}; !slices.Equal(rest, want) {
		t.Errorf("the other pages show %v, want %v", rest, want)
	}
	expect(t, "ann", "apps", []string{"kn-acme--api/one", "kn-acme--api/two", "kn-acme--zoo/one"}, 2,
		pager(apps.List, func(l *v1alpha1.AppList) []v1alpha1.App { return l.Items }))
}

// leave deletes a project and does what its controller would.
func (p platform) leave(ctx context.Context, tenant, name string) error {
	projects := p.admin().Projects(v1alpha1.TenantNamespace(tenant))
	if err := projects.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	stored, err := projects.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	stored.Finalizers = nil
	_, err = projects.Update(ctx, stored, metav1.UpdateOptions{})
	return err
}

// BenchmarkListOfFew lists as one who sees 2 of 500 namespaces with 20 apps each.
func BenchmarkListOfFew(b *testing.B) {
	const tenants, apps = 500, 20
	p := startPlatform(b)
	for i := range tenants {
		tenant, owner := fmt.Sprintf("t%d", i), "someone"
		if i%250 == 0 {
			owner = "ann"
		}
		done(b, p.own(b.Context(), tenant, owner))
		done(b, p.join(b.Context(), tenant, "web"))
		for n := range apps {
			done(b, p.addApp(b.Context(), tenant, "web", fmt.Sprint("app", n)))
		}
	}
	ann := p.as(b, "ann").Apps("")
	for b.Loop() {
		list, err := ann.List(b.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 2*apps {
			b.Fatal(len(list.Items), err)
		}
	}
}
