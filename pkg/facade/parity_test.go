package facade_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestParity does random things as random callers, through the REST door on one
// server and natively on another: both decide the same, hold the same objects
// after every step, and show them at once through both doors.
func TestParity(t *testing.T) {
	t.Parallel()
	// The default of a hundred takes minutes.
	if err := errors.Join(flag.Set("rapid.checks", "30"), flag.Set("rapid.nofailfile", "true")); err != nil {
		t.Fatal(err)
	}
	rest, native := newSide(t), newSide(t)
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		tenant, kept := fmt.Sprintf("t%d", round), rapid.Bool().Draw(r, "preventDeletion")
		for _, s := range []side{rest, native} {
			s.begin(t, tenant, kept)
		}
		for step := range rapid.IntRange(1, 20).Draw(r, "steps") {
			o := drawOperation(r, tenant)
			caller, dry := rapid.SampledFrom(callers()).Draw(r, "caller"), rapid.IntRange(0, 4).Draw(r, "dryRun") == 0
			got := rest.throughREST(t, o, caller, dry)
			refusal := native.natively(t, o, caller, dry)
			if want := native.asREST(t, o, caller, refusal); !slices.Contains(want, got.status) {
				r.Fatalf("step %d, %s %s %s as %s: REST answers %d %s, native %v: %v", step, o.method, o.path, o.body, caller.GetName(), got.status, got.body, want, refusal)
			}
			if problem := sameFields(o, got, refusal); problem != "" {
				r.Fatalf("step %d, %s %s %s as %s: %s", step, o.method, o.path, o.body, caller.GetName(), problem)
			}
			if mine, other := rest.objects(t, tenant), native.objects(t, tenant); mine != other {
				r.Fatalf("step %d, %s %s %s as %s leaves through REST\n%s\nnatively\n%s", step, o.method, o.path, o.body, caller.GetName(), mine, other)
			}
			if mine, other := rest.shown(t, tenant), native.shown(t, tenant); mine != other {
				r.Fatalf("step %d, %s %s %s as %s: the REST door shows what REST wrote as\n%s\nand what was written natively as\n%s", step, o.method, o.path, o.body, caller.GetName(), mine, other)
			}
		}
	})
}

// callers are one of each role. alice owns every tenant, bob develops and rita
// reads in the project web.
func callers() []user.Info {
	return []user.Info{
		administrator(), administrator(), withRole("alice", authz.RoleTenantOwner), withRole("bob", authz.RoleProjectDev),
		withRole("rita", authz.RoleReadOnly), withRole("alice", authz.RoleReadOnly), withRole("olga", authz.RoleOps), withRole("mallory", authz.RoleTenantOwner),
	}
}

// side is a server with its REST door.
type side struct {
	server *testserver.Server
	door   door
}

func newSide(t *testing.T) side {
	t.Helper()
	server := testserver.Start(t)
	d := before(t, server, nil)
	stock(t, server)
	return side{server, d}
}

// begin makes a cluster with a tenant, which may be one to keep, with a project and
// an app, and waits until all members are known.
func (s side) begin(t *testing.T, tenant string, kept bool) {
	t.Helper()
	s.door.register(t, homeOf(tenant))
	path := "/clusters/" + homeOf(tenant) + "/tenants"
	s.door.call(t, "POST", path, `{"name":"`+tenant+`","owners":["alice"]}`).want(200)
	s.door.call(t, "POST", path+"/"+tenant+"/projects", `{"name":"web"}`).want(200)
	s.door.call(t, "PUT", path+"/"+tenant+"/projects/web/access", `{"members":[{"subject":"bob","role":"projectDev"},{"subject":"rita","role":"readOnly"}]}`).want(200)
	s.door.call(t, "POST", path+"/"+tenant+"/projects/web/apps", `{"name":"hello","components":[{"name":"web","type":"webservice","properties":{"image":"nginx"}}]}`).want(200)
	s.door.call(t, "PUT", path+"/"+tenant, fmt.Sprintf(`{"preventDeletion":%v}`, kept)).want(200)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		known := true
		for _, name := range []string{"alice", "bob", "rita"} {
			tenants, err := s.server.Members().Tenants(t.Context(), &user.DefaultInfo{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			known = known && tenants[tenant] != ""
		}
		if known {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the members were not known in time")
		}
	}
}

func (s side) api(t *testing.T, caller user.Info) typed.KubenovaV1alpha1Interface {
	t.Helper()
	client, err := versioned.NewForConfig(s.server.ClientConfig(caller))
	if err != nil {
		t.Fatal(err)
	}
	return client.KubenovaV1alpha1()
}

func (s side) throughREST(t *testing.T, o operation, caller user.Info, dry bool) answer {
	t.Helper()
	query := o.query
	if dry {
		query += "&dryRun=All"
	}
	return s.door.as(caller).call(t, o.method, o.path+"?"+query, o.body)
}

func (s side) natively(t *testing.T, o operation, caller user.Info, dry bool) error {
	t.Helper()
	var how []string
	if dry {
		how = []string{metav1.DryRunAll}
	}
	return o.native(t.Context(), s.api(t, caller), how)
}

// sameFields returns what the REST door names of a refusal that the native API does
// not, or the other way round. What it refuses itself it may refuse at the first
// problem, and more precisely.
func sameFields(o operation, got answer, refusal error) string {
	if got.status != http.StatusUnprocessableEntity {
		return ""
	}
	var body struct{ Details []facade.Detail }
	got.into(&body)
	native := facade.DetailsOf(o.part, refusal)
	if len(body.Details) == 0 || len(native) == 0 {
		return fmt.Sprintf("REST names %v, the native API %v", body.Details, native)
	}
	for _, mine := range body.Details {
		if !slices.ContainsFunc(native, func(other facade.Detail) bool {
			return mine.Reason == other.Reason && (mine.Field == other.Field || strings.HasPrefix(mine.Field, other.Field+"."))
		}) {
			return fmt.Sprintf("REST refuses %+v, the native API %+v", mine, native)
		}
	}
	return ""
}

// asREST returns the status by which the REST door says what the native API said;
// one of three for what was done.
func (s side) asREST(t *testing.T, o operation, caller user.Info, err error) []int {
	t.Helper()
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent}
	case apierrors.IsAlreadyExists(err) && o.same != nil && o.same(t.Context(), s.api(t, caller)): // it is shown instead
		return []int{http.StatusOK}
	case apierrors.IsForbidden(err) && !s.sees(t, o, caller): // what the caller may not see is not there
		return []int{http.StatusNotFound}
	case errors.As(err, &status):
		return []int{int(status.Status().Code)}
	}
	return nil
}

// sees says whether a caller may see natively all that the path of an operation names.
func (s side) sees(t *testing.T, o operation, caller user.Info) bool {
	t.Helper()
	api, ctx, none := s.api(t, caller), t.Context(), metav1.GetOptions{}
	path, _, _ := strings.Cut(o.path, ":")
	names := map[string]string{}
	for segments := strings.Split(path, "/")[1:]; len(segments) > 1; segments = segments[2:] {
		names[segments[0]] = segments[1]
	}
	tenant, project := names["tenants"], names["projects"]
	var errs []error
	see := func(_ any, err error) { errs = append(errs, err) }
	if cluster := names["clusters"]; cluster != "" && tenant == "" {
		see(api.Clusters().Get(ctx, cluster, none))
	}
	if tenant != "" {
		see(api.Tenants().Get(ctx, tenant, none))
	}
	if project != "" {
		see(api.Projects("kn-"+tenant).Get(ctx, project, none))
	}
	if name := names["apps"]; name != "" {
		see(api.Apps("kn-"+tenant+"--"+project).Get(ctx, name, none))
	}
	if name := names["policysets"]; name != "" {
		see(api.PolicySets("kn-"+tenant).Get(ctx, name, none))
	}
	return errors.Join(errs...) == nil
}

// objects returns what a server holds of a tenant, without what differs by chance.
func (s side) objects(t *testing.T, tenant string) string {
	t.Helper()
	api, ctx, out := s.api(t, administrator()), t.Context(), &strings.Builder{}
	add := func(list any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		var items struct{ Items []map[string]any }
		if err := json.Unmarshal(encoded, &items); err != nil {
			t.Fatal(err)
		}
		for _, item := range items.Items {
			fmt.Fprintln(out, plain(item))
		}
	}
	add(api.Clusters().List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + homeOf(tenant)}))
	add(listNamed(ctx, api, tenant))
	add(api.Projects("kn-"+tenant).List(ctx, metav1.ListOptions{}))
	add(api.PolicySets("kn-"+tenant).List(ctx, metav1.ListOptions{}))
	add(api.Apps("kn-"+tenant+"--web").List(ctx, metav1.ListOptions{}))
	add(api.AppRevisions("kn-"+tenant+"--web").List(ctx, metav1.ListOptions{}))
	return out.String()
}

func listNamed(ctx context.Context, api typed.KubenovaV1alpha1Interface, name string) (*v1alpha1.TenantList, error) {
	return api.Tenants().List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
}

// shown returns what the REST door of a server shows of a tenant.
func (s side) shown(t *testing.T, tenant string) string {
	t.Helper()
	out, base := &strings.Builder{}, "/clusters/"+homeOf(tenant)+"/tenants/"+tenant
	for _, path := range []string{"", "/quotas", "/limits", "/network-policies", "/plan", "/projects", "/policysets", "/projects/web/access", "/projects/web/apps", "/projects/web/apps/hello/revisions"} {
		got := s.door.call(t, "GET", base+path, "")
		var body any
		got.into(&body)
		fmt.Fprintln(out, path, got.status, plain(body))
	}
	return out.String()
}

// plain writes a value without what chance gave it: uids, times and versions.
func plain(value any) string {
	encoded, err := json.Marshal(without(value))
	if err != nil {
		panic(err) // it was JSON before
	}
	return string(encoded)
}

func without(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, inner := range value {
			switch name {
			case "uid", "createdAt", "creationTimestamp", "resourceVersion", "managedFields", "kubenova.cluster", "kubenova.io/cluster", "lastTransitionTime", "lastUpdated", "startedAt":
			case "deletionTimestamp":
				out[name] = "set"
			default:
				out[name] = without(inner)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(value))
		for _, inner := range value {
			out = append(out, without(inner))
		}
		return out
	}
	return value
}
