package membership

import (
	"fmt"
	"maps"
	"runtime"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestHoldingsAreAMap holds the roles of a subject against a map of them, while they
// become more than a few and less again.
func TestHoldingsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, want := holdings{}, map[scope]v1alpha1.MemberRole{}
		name := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		project := rapid.SampledFrom([]string{"", "x", "y", "z"})
		role := rapid.SampledFrom([]v1alpha1.MemberRole{v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly})
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at := scope{tenant: name.Draw(t, "tenant"), project: project.Draw(t, "project")}
			if rapid.Bool().Draw(t, "remove") {
				h.remove(at)
				delete(want, at)
			} else {
				given := role.Draw(t, "role")
				_, had := want[at]
				if h.set(at, given) == had {
					t.Fatalf("setting %v says the wrong thing: there before is %v", at, had)
				}
				want[at] = given
			}
			agree(t, &h, want)
		}
	})
}

func agree(t *rapid.T, h *holdings, want map[scope]v1alpha1.MemberRole) {
	if have := maps.Collect(h.all()); !maps.Equal(have, want) || h.len() != len(want) {
		t.Fatalf("there are %d roles: %v, want %v", h.len(), have, want)
	}
	in := map[string]bool{}
	for at, role := range want {
		in[at.tenant] = true
		if h.get(at) != role {
			t.Fatalf("the role in %v is %q, want %q", at, h.get(at), role)
		}
	}
	for _, tenant := range []string{"a", "b", "c", "d"} {
		if h.in(tenant) != in[tenant] {
			t.Fatalf("a role in %s: %v", tenant, h.in(tenant))
		}
		if at := (scope{tenant: tenant, project: "x"}); want[at] == "" && h.get(at) != "" {
			t.Fatalf("there is a role in %v", at)
		}
	}
}

// TestMemoryOfATenant bounds what the index takes for a tenant with two owners who own
// nothing else, as most do: its names, and not maps for each.
func TestMemoryOfATenant(t *testing.T) {
	const count, most = 20_000, 1000
	before := liveHeap()
	x := NewIndex()
	for i := range count {
		tenant := &v1alpha1.Tenant{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("tenant-%06d", i), ResourceVersion: fmt.Sprint(i + 1)},
			Spec: v1alpha1.TenantSpec{Owners: []v1alpha1.Subject{
				{Kind: v1alpha1.SubjectUser, Name: fmt.Sprintf("first-%06d@example.com", i)},
				{Kind: v1alpha1.SubjectUser, Name: fmt.Sprintf("second-%06d@example.com", i)},
			}},
		}
		if _, err := x.observe(tenants, watch.Event{Type: watch.Added, Object: tenant}); err != nil {
			t.Fatal(err)
		}
	}
	each := (liveHeap() - before) / count
	runtime.KeepAlive(x)
	if each > most {
		t.Errorf("a tenant takes %d bytes, want at most %d", each, most)
	}
	t.Logf("a tenant takes %d bytes", each)
}

func liveHeap() int {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
