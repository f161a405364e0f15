package apiserver_test

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
)

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
