package facade_test

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"

	builtin "github.com/kubenova/kubenova/docs/catalog"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/catalog"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// stock writes the built-in catalog as the controllers do, and what could not be
// in it: a plan that was taken out of its files.
func stock(t *testing.T, server *testserver.Server) {
	t.Helper()
	loaded, err := catalog.Load(builtin.Files)
	if err != nil {
		t.Fatal(err)
	}
	api := server.Client.KubenovaV1alpha1()
	retired := v1alpha1.Plan{ObjectMeta: metav1.ObjectMeta{Name: "retired"}, Spec: v1alpha1.PlanSpec{
		Retired: true, Quotas: v1alpha1.ResourceAmounts{"cpu": resource.MustParse("1")},
	}}
	for _, plan := range append(loaded.Plans, retired) {
		if _, err := api.Plans().Create(t.Context(), &plan, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, set := range loaded.PolicySets {
		if _, err := api.CatalogPolicySets().Create(t.Context(), &set, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, item := range loaded.Items {
		if item.Spec.Name == "webservice" {
			item.Spec.Clusters = []string{"dev", "prod"}
			item.Spec.Schema = &runtime.RawExtension{Raw: []byte(`{"type":"object","properties":{"image":{"type":"string"}}}`)}
		}
		if _, err := api.CatalogItems().Create(t.Context(), &item, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	for _, path := range []string{"/plans", "/catalog/components", "/catalog/traits", "/catalog/workflows"} {
		if got := d.call(t, "GET", path, "").want(200).body; got != "[]\n" {
			t.Errorf("GET %s of an empty catalog: %s", path, got)
		}
	}
	stock(t, server)
	made := d.grow(t, "t")

	want := `{"name":"gold","description":"A large tenant with autoscaling, safe rollouts, observability and security defaults.",` +
		`"tenantQuotas":{"cpu":"6","memory":"10Gi","pods":"200"},` +
		`"policysets":["baseline","baseline-security","gold-tier","gold-observability","bluegreen-rollout"],`
	if got := d.call(t, "GET", "/plans", "").want(200); !strings.Contains(got.body, want) || !slices.Equal(got.names(), []string{"baseline", "gold"}) {
		t.Errorf("plans are %s", got.body)
	}
	first := d.call(t, "GET", "/plans?limit=1", "")
	if names := first.names(); !slices.Equal(names, []string{"baseline"}) {
		t.Errorf("the first page is %v", names)
	}
	second := d.call(t, "GET", "/plans?limit=1&cursor="+first.header.Get("X-Next-Cursor"), "")
	if names := second.names(); !slices.Equal(names, []string{"gold"}) {
		t.Errorf("the second page is %v", names)
	}
	// The retired plan comes after the last one that is shown.
	last := d.call(t, "GET", "/plans?limit=1&cursor="+second.header.Get("X-Next-Cursor"), "")
	if names := last.names(); len(names) != 0 || last.header.Get("X-Next-Cursor") != "" {
		t.Errorf("the last page is %v, and then %q", names, last.header.Get("X-Next-Cursor"))
	}

	sets := d.call(t, "GET", made.cluster+"/policysets/catalog", "").want(200)
	if names := sets.names(); !slices.Equal(names, []string{"baseline", "baseline-security", "bluegreen-rollout", "gold-observability", "gold-tier"}) {
		t.Errorf("policy sets of the catalog are %v", names)
	}
	d.call(t, "GET", "/clusters/nowhere/policysets/catalog", "").want(404)

	components := d.call(t, "GET", "/catalog/components", "").want(200)
	if want := `{"name":"webservice","type":"component","description":"A long-running service with ports.",` +
		`"schema":{"properties":{"image":{"type":"string"}},"type":"object"},"clusters":["dev","prod"]}`; !strings.Contains(components.body, want) {
		t.Errorf("components are %s", components.body)
	}
	if want := `{"name":"scaler","type":"trait","description":"A number of replicas, or a range to scale in.","clusters":[]}`; !strings.Contains(d.call(t, "GET", "/catalog/traits", "").body, want) {
		t.Errorf("the traits have no %s", want)
	}
	if names := d.call(t, "GET", "/catalog/workflows", "").names(); !slices.Contains(names, "health") {
		t.Errorf("workflows are %v", names)
	}
}

func TestCatalogIsForEveryoneToRead(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stock(t, server)
	d := before(t, server, nil)
	callers := []user.Info{&user.DefaultInfo{Name: "mallory", Groups: []string{user.AllAuthenticated}}}
	for _, role := range authz.Roles() {
		callers = append(callers, withRole("somebody", role))
	}
	for _, caller := range callers {
		for _, path := range []string{"/plans", "/catalog/components", "/catalog/traits", "/catalog/workflows"} {
			if names := d.as(caller).call(t, "GET", path, "").names(); len(names) == 0 {
				t.Errorf("%v sees none of %s", caller.GetGroups(), path)
			}
		}
	}
}
