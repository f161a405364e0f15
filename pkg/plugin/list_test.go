package plugin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	builtin "github.com/kubenova/kubenova/docs/catalog"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/catalog"
)

// withTenants gives the server the plans of the catalog and two tenants with a
// project each.
func (s *shell) withTenants() {
	s.t.Helper()
	api := s.server.Client.KubenovaV1alpha1()
	loaded, err := catalog.Load(builtin.Files)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, plan := range loaded.Plans {
		if _, err := api.Plans().Create(s.t.Context(), &plan, metav1.CreateOptions{}); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := api.Clusters().Create(s.t.Context(), &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	for _, tenant := range []string{"acme", "globex"} {
		s.run("created", "tenant", "create", tenant, "--on", "dev", "--labels", "tier=gold", "--owner", "alice")
		s.run("created", "project", "create", "web", "-t", tenant)
	}
}

func TestLists(t *testing.T) {
	s := newShell(t)
	s.fails("kubectl kubenova tenant list", "tenant", "list", "acme")
	if out, err := s.try("tenant", "list"); err != nil || out != "" || !strings.Contains(s.said, "No tenants found") {
		t.Errorf("without tenants: %q, %q and %v", out, s.said, err)
	}
	s.withTenants()
	for _, c := range []struct {
		want, never string
		args        []string
	}{
		{"NAME", "PLAN", []string{"tenant", "list"}},
		{"globex   dev", "", []string{"tenant", "list"}},
		{"PLAN", "", []string{"tenant", "list", "-o", "wide"}},
		{"acme", "globex", []string{"tenant", "list", "acme"}},
		{"tenant.kubenova.io/acme\ntenant.kubenova.io/globex\n", "", []string{"tenant", "list", "-o", "name"}},
		{"kind: Tenant\n", "items", []string{"tenant", "list", "acme", "-o", "yaml"}},
		{"dev dev", "", []string{"tenant", "list", "-o", "jsonpath={.items[*].spec.clusterRef.name}"}},
		{"TENANT", "", []string{"project", "list", "-A"}},
		{"globex   web", "", []string{"project", "list", "-A"}},
		{"web", "globex", []string{"project", "list", "-t", "acme"}},
		{"cluster.kubenova.io/dev", "", []string{"cluster", "list", "-o", "name"}},
		{"gold", "", []string{"plan", "list"}},
		{"acme", "globex", []string{"tenant", "list", "acme", "-o", "name"}},
	} {
		s.run(c.want, c.args...)
		if out, _ := s.try(c.args...); c.never != "" && strings.Contains(out, c.never) {
			t.Errorf("%v shows %q:\n%s", c.args, c.never, out)
		}
	}
	out, err := s.try("tenant", "list", "-o", "json")
	var list v1alpha1.TenantList
	if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list.Items) != 2 || list.Kind != "TenantList" {
		t.Errorf("as JSON: %v\n%s", err, out)
	}
	s.fails("allowed formats", "tenant", "list", "-o", "nothing")
	s.fails("neither with", "project", "list", "web", "-A")
}

func TestDeleteAsks(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	s.fails("--yes", "project", "delete", "web", "-t", "acme")
	s.stdin = "n\n"
	s.fails("nothing was done", "project", "delete", "web", "-t", "acme")
	s.run("web", "project", "list", "-t", "acme")
	s.stdin = "y\n"
	s.run("project.kubenova.io/web deleted", "project", "delete", "web", "-t", "acme")
	s.fails("not found", "project", "delete", "other", "-t", "acme")
	s.fails("is not name", "tenant", "delete", "acme", "-o", "json")
	if out, err := s.try("tenant", "delete", "acme", "--yes", "-o", "name"); err != nil || out != "tenant.kubenova.io/acme\n" {
		t.Errorf("a program reads %q (%v)", out, err)
	}
}

// TestPlanApply previews a plan, is told no, and then applies it.
func TestPlanApply(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	api := s.server.Client.KubenovaV1alpha1()
	own := []byte(`{"spec":{"quotas":{"cpu":"1","services":"7"}}}`)
	if _, err := api.Tenants().Patch(t.Context(), "acme", "application/merge-patch+json", own, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	of := func(tenant string) v1alpha1.TenantSpec {
		t.Helper()
		found, err := api.Tenants().Get(t.Context(), tenant, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return found.Spec
	}

	s.fails("kubectl kubenova plan list", "plan", "apply", "ghost", "acme")
	s.fails("either tenants or", "plan", "apply", "gold")
	s.fails("no tenant has the labels", "plan", "apply", "gold", "-l", "tier=none")
	for _, want := range []string{
		"tenant acme on cluster dev:\n  plan: - -> gold\n  quota cpu: 1 -> 6\n  quota memory: unbounded -> 10Gi\n  quota pods: unbounded -> 200\n  policy sets: - -> ",
		"tenant globex on cluster dev:\n  plan: - -> gold\n  quota cpu: unbounded -> 6\n",
	} {
		s.run(want, "plan", "apply", "gold", "--selector", "tier=gold", "--dry-run")
	}
	s.fails("--yes", "plan", "apply", "gold", "acme", "globex")
	s.stdin = "no\n"
	s.fails("nothing was done", "plan", "apply", "gold", "acme", "globex")
	if got := of("acme"); got.Plan != "" {
		t.Fatalf("what nobody confirmed was done: %+v", got)
	}
	s.stdin = "yes\n"
	s.run("tenant.kubenova.io/acme plan applied\ntenant.kubenova.io/globex plan applied\n", "plan", "apply", "gold", "acme", "globex")
	if !strings.Contains(s.said, "Give the plan gold to these tenants (2)? [y/N]") {
		t.Errorf("it asked %q", s.said)
	}
	if got := of("acme"); got.Plan != "gold" || len(got.Quotas) != 1 || got.Quotas["services"] != *quantity("7") {
		t.Errorf("acme has %+v", got)
	}
	s.stdin = ""
	s.run("tenant acme: no change\n", "plan", "apply", "gold", "acme")
	s.run("tenant.kubenova.io/globex\n", "plan", "apply", "", "globex", "--yes", "-o", "name")
	if got := of("globex"); got.Plan != "" {
		t.Errorf("globex has %+v", got)
	}
}

func quantity(text string) *resource.Quantity { return new(resource.MustParse(text)) }
