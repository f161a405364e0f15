package attack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// raiseBounds has an owner change what administrators set on its tenant.
func raiseBounds(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	before := f.root.do(ctx, http.MethodGet, apis+"/tenants/"+f.mine.name, "")
	base, tenant := f.mine.path(f.Home), apis+"/tenants/"+f.mine.name
	rest := each(ctx, f.mine.owner, [][3]string{
		{http.MethodPut, base + "/quotas", `{"pods":"1000"}`}, {http.MethodPut, base + "/limits", `{"pods":"1000"}`}, {http.MethodPut, base + "/plan", encode(map[string]any{"name": f.aPlan(ctx)})},
		{http.MethodPut, base + "/network-policies", `{"defaultDeny":false}`}, {http.MethodPut, base + "/owners", `{"owners":["mallory"]}`}, {http.MethodDelete, base},
	})
	native := each(ctx, session, [][3]string{
		{http.MethodPatch, tenant, `{"spec":{"quotas":{"pods":"1000"}}}`}, {http.MethodPatch, tenant, `{"metadata":{"labels":{"kubenova.cluster":"x"}}}`},
		{http.MethodPatch, tenant + "/status", `{"status":{"plan":{"name":"x"}}}`}, {http.MethodDelete, tenant},
	})
	seen := rest + " at the REST door, " + native + " at the native one"
	if after := f.root.do(ctx, http.MethodGet, apis+"/tenants/"+f.mine.name, ""); specOf(after.body) != specOf(before.body) {
		return seen + "; the tenant is now " + after.body
	}
	return seen + "; nothing changed"
}

// specOf cuts the spec out of an object, whose fields come in one order.
func specOf(body string) string {
	_, spec, _ := strings.Cut(body, `"spec":`)
	spec, _, _ = strings.Cut(spec, `"status":`)
	return spec
}

// platformResources asks for what is for administrators alone.
func platformResources(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	cluster := apis + "/clusters/" + f.Home
	native := each(ctx, session, [][3]string{
		{http.MethodGet, apis + "/clusters"}, {http.MethodGet, cluster}, {http.MethodGet, cluster + "/kubeconfig"}, {http.MethodGet, cluster + "/proxy/api/v1/secrets"},
		{http.MethodGet, cluster + "/capabilities"}, {http.MethodPost, cluster + "/bootstrap", `{"apiVersion":"kubenova.io/v1alpha1","kind":"ClusterBootstrap"}`},
		{http.MethodDelete, cluster}, {http.MethodGet, apis + "/tokenrevocations"}, {http.MethodGet, apis + "/orphanrecords"},
		{http.MethodPost, apis + "/tokenrevocations", `{"apiVersion":"kubenova.io/v1alpha1","kind":"TokenRevocation","metadata":{"name":"x"},"spec":{"all":true}}`},
		{http.MethodPost, apis + "/plans", `{"apiVersion":"kubenova.io/v1alpha1","kind":"Plan","metadata":{"name":"x"}}`},
		{http.MethodPost, apis + "/tenants", `{"apiVersion":"kubenova.io/v1alpha1","kind":"Tenant","metadata":{"name":"more"}}`},
	})
	rest := each(ctx, f.mine.owner, [][3]string{
		{http.MethodPost, "/clusters", encode(map[string]any{"name": "more-" + f.id, "kubeconfig": []byte(kubeconfigOf("https://127.0.0.1:1", "", "x"))})},
		{http.MethodGet, "/clusters"},
	})
	return rest + " at the REST door, " + native + " at the native one"
}

// aPlan is the name of a plan that there is: another one is refused for its name.
func (f *Field) aPlan(ctx context.Context) string {
	var plans []struct{ Name string }
	if err := f.admin.do(ctx, http.MethodGet, "/plans", "").must(&plans); err != nil || len(plans) == 0 {
		return "there is no plan"
	}
	return plans[0].Name
}

// policySetOfOthers writes a policy set for the apps of another tenant and looks what
// a deploy of one of them would be.
func policySetOfOthers(ctx context.Context, f *Field) string {
	app := f.theirs.path(f.Home) + "/projects/web/apps/hello"
	before := f.admin.do(ctx, http.MethodPost, app+":deploy?dryRun=All", "")
	policy := encode(map[string]any{
		"name":       "elsewhere",
		"attachedTo": []any{map[string]any{"tenant": f.theirs.name}, map[string]any{"tenant": f.theirs.name, "project": "web"}},
		"rules":      []any{map[string]any{"kind": "vela.policy", "spec": map[string]any{"type": "image", "properties": map[string]any{"allowedRegistries": []string{"evil.example"}}}}},
	})
	made := f.mine.owner.do(ctx, http.MethodPost, f.mine.path(f.Home)+"/policysets", policy)
	defer f.mine.owner.do(ctx, http.MethodDelete, f.mine.path(f.Home)+"/policysets/elsewhere", "")
	after := f.admin.do(ctx, http.MethodPost, app+":deploy?dryRun=All", "")
	if before.code != after.code || before.code >= http.StatusBadRequest {
		return fmt.Sprintf("after a %s, a deploy of the other that was %s is %s %s", made, before, after, after.body)
	}
	return "the other's revision is what it was"
}

// nameAttacks make tenants and projects whose names would meet others. Only
// administrators make tenants, who may pass on what a tenant asked for.
func nameAttacks() []Attack {
	reserved := func(ctx context.Context, f *Field) string {
		var requests [][3]string
		for _, name := range []string{"default", "kube-system", "kube-public", "kubenova", "kubenova-system", "capsule-system", "vela-system", "cert-manager"} {
			requests = append(requests, [3]string{http.MethodPost, "/clusters/" + f.Home + "/tenants", encode(map[string]any{"name": name})})
		}
		return each(ctx, f.admin, requests)
	}
	meeting := func(ctx context.Context, f *Field) string {
		var requests [][3]string
		for _, name := range []string{
			"web--x", "--", "a--b", "-a", "a-", "A", "a.b", "a/b", "..", "a_b", "ａ", "аpp", f.theirs.uid, strings.Repeat("a", 30), " web", "web\n", "web\x00",
		} {
			requests = append(requests, [3]string{http.MethodPost, f.mine.path(f.Home) + "/projects", encode(map[string]any{"name": name})})
		}
		return each(ctx, f.mine.owner, requests)
	}
	return []Attack{
		{Name: "names that are the platform's own", Expected: "422 for each", Try: reserved},
		{Name: "names of projects that meet others", Expected: "422 for each", Try: meeting},
		{Name: "an id that belonged to one who is gone", Expected: "404; the newer one is there", Try: recycledID},
		{Name: "a name that belonged to one who is gone", Expected: "412 for a change of the former; the newer one is there", Try: recycledName},
	}
}

// recycledID uses the uid of a project that was deleted, whose name is in use again.
func recycledID(ctx context.Context, f *Field) string {
	former, newer, err := f.recycle(ctx, "recycled-id")
	if err != nil {
		return "error: " + err.Error()
	}
	base := f.mine.path(f.Home) + "/projects/"
	got := f.mine.owner.do(ctx, http.MethodDelete, base+former.Metadata.UID, "")
	return got.String() + "; " + f.newerOne(ctx, "recycled-id", newer)
}

// recycledName changes a project under the precondition of the one that had its name.
func recycledName(ctx context.Context, f *Field) string {
	former, newer, err := f.recycle(ctx, "recycled-name")
	if err != nil {
		return "error: " + err.Error()
	}
	got := f.mine.owner.do(ctx, http.MethodDelete, f.mine.path(f.Home)+"/projects/recycled-name", "", "If-Match", `"`+former.Metadata.ResourceVersion+`"`)
	return got.String() + " for a change of the former; " + f.newerOne(ctx, "recycled-name", newer)
}

// recycle makes a project, deletes it, and makes another of the same name.
func (f *Field) recycle(ctx context.Context, name string) (former, newer object, err error) {
	path := f.mine.projects()
	body := encode(map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "Project", "metadata": map[string]any{"name": name}})
	if err := f.root.do(ctx, http.MethodPost, path, body).must(&former); err != nil {
		return former, newer, err
	}
	if err := f.root.do(ctx, http.MethodDelete, path+"/"+name, "").must(nil); err != nil {
		return former, newer, err
	}
	problem := until(ctx, 30*time.Second, func() string {
		if err := f.root.do(ctx, http.MethodPost, path, body).must(&newer); err != nil {
			return err.Error()
		}
		return ""
	})
	if problem != "" {
		return former, newer, fmt.Errorf("making it again: %s", problem)
	}
	return former, newer, nil
}

func (f *Field) newerOne(ctx context.Context, name string, newer object) string {
	var found object
	if err := f.root.do(ctx, http.MethodGet, f.mine.projects()+"/"+name, "").must(&found); err != nil {
		return err.Error()
	}
	if found.Metadata.UID != newer.Metadata.UID {
		return "it is another one"
	}
	return "the newer one is there"
}
