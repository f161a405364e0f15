package facade_test

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryRoute goes through every route as it is meant to be used.
func TestEveryRoute(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	cluster := clusterRoutes(t, d)
	tenant := tenantRoutes(t, d, cluster)
	policySetRoutes(t, d, tenant)
	project := projectRoutes(t, d, tenant)
	appRoutes(t, d, project)
	deleteRoutes(t, d, cluster, tenant, project)
}

func clusterRoutes(t *testing.T, d door) string {
	cluster := d.register(t, "dev")
	made := d.call(t, "GET", cluster, "").object()
	if made.Name != "dev" || made.Labels["env"] != "dev" || made.CreatedAt == "" || made.UID != strings.TrimPrefix(cluster, "/clusters/") {
		t.Errorf("cluster is %+v", made)
	}
	if byName := d.call(t, "GET", "/clusters/dev", "").object(); byName.UID != made.UID {
		t.Errorf("by name it is %+v", byName)
	}
	if names := d.call(t, "GET", "/clusters?labelSelector=env%20in%20(dev)", "").names(); !slices.Equal(names, []string{"dev"}) {
		t.Errorf("listed are %v", names)
	}
	if names := d.call(t, "GET", "/clusters?labelSelector=env!%3Ddev", "").names(); len(names) != 0 {
		t.Errorf("listed are %v", names)
	}
	if got := d.call(t, "GET", cluster+"/capabilities", "").want(503); got.header.Get("Retry-After") == "" || !strings.Contains(got.body, "cannot be asked") {
		t.Errorf("a cluster that does not answer: %s", got.body)
	}
	d.call(t, "GET", "/features", "").want(200)
	for _, component := range []string{"tenancy", "proxy", "app-delivery"} {
		d.call(t, "POST", cluster+"/bootstrap/"+component, "").wantEmpty(202)
	}
	d.call(t, "POST", cluster+"/bootstrap/tenancy", "{}").wantEmpty(202)
	d.call(t, "HEAD", cluster, "").want(200)
	return cluster
}

func tenantRoutes(t *testing.T, d door, cluster string) string {
	tenant := d.create(t, cluster+"/tenants", `{"name":"acme","owners":["owner@example.com","group:devs","system:serviceaccount:ci:bot"],"labels":{"team":"platform"},"annotations":{"note":"x"}}`)
	got := d.call(t, "GET", tenant, "")
	made := got.object()
	uid := strings.TrimPrefix(cluster, "/clusters/")
	if made.Name != "acme" || made.Labels["team"] != "platform" || made.Labels["kubenova.cluster"] != uid || made.Annotations["note"] != "x" || got.etag() == "" {
		t.Errorf("tenant is %+v, ETag %s", made, got.etag())
	}
	if want := []string{"owner@example.com", "group:devs", "system:serviceaccount:ci:bot"}; !slices.Equal(made.Owners, want) {
		t.Errorf("owners are %v, want %v", made.Owners, want)
	}
	for _, path := range []string{"/clusters/dev/tenants/acme", cluster + "/tenants/acme", "/clusters/dev/tenants/" + made.UID} {
		if other := d.call(t, "GET", path, "").object(); other.UID != made.UID {
			t.Errorf("GET %s is %+v", path, other)
		}
	}
	put := d.call(t, "PUT", tenant+"/owners", `{"owners":["alice@example.com","ops@example.com"]}`).wantEmpty(200)
	got = d.call(t, "GET", tenant, "")
	if made = got.object(); !slices.Equal(made.Owners, []string{"alice@example.com", "ops@example.com"}) || put.etag() != got.etag() {
		t.Errorf("after PUT owners it is %+v, ETag %s then %s", made, put.etag(), got.etag())
	}
	boundRoutes(t, d, tenant)
	for query, want := range map[string][]string{
		"":                                {"acme"},
		"?owner=alice@example.com":        {"acme"},
		"?owner=owner@example.com":        {},
		"?owner=group:alice@example.com":  {},
		"?labelSelector=team%3Dplatform":  {"acme"},
		"?labelSelector=team%3Dother":     {},
		"?owner=ops@example.com&limit=1":  {"acme"},
		"?labelSelector=kubenova.cluster": {"acme"},
	} {
		for _, parent := range []string{cluster, "/clusters/dev"} {
			if names := d.call(t, "GET", parent+"/tenants"+query, "").names(); !slices.Equal(names, want) {
				t.Errorf("tenants%s are %v, want %v", query, names, want)
			}
		}
	}
	return tenant
}

// boundRoutes replaces what bounds a tenant: each PUT only its own part.
func boundRoutes(t *testing.T, d door, tenant string) {
	parts := []struct{ path, body, want string }{
		{"/quotas", `{"cpu":"4000m","memory":"8Gi"}`, `{"cpu":"4","memory":"8Gi"}`},
		{"/limits", `{"pods":"50"}`, `{"pods":"50"}`},
		{"/network-policies", `{"defaultDeny":true,"allowToCIDRs":["192.0.2.0/24"]}`,
			`{"defaultDeny":true,"allowDNS":true,"allowWithinTenant":false,"allowFromNamespaces":[],"allowToCIDRs":["192.0.2.0/24"]}`},
	}
	for _, part := range parts {
		put := d.call(t, "PUT", tenant+part.path, part.body).wantEmpty(200)
		d.call(t, "PUT", tenant+part.path, `{}`, "If-Match", `"1"`).want(412)
		d.call(t, "PUT", tenant+part.path+"?dryRun=All", `{}`).wantEmpty(200)
		if put.etag() == "" {
			t.Errorf("PUT %s has no ETag", part.path)
		}
	}
	for _, part := range parts {
		if got := d.call(t, "GET", tenant+part.path, "").want(200); got.body != part.want+"\n" {
			t.Errorf("GET %s answers %s, want %s", part.path, got.body, part.want)
		}
	}
	d.call(t, "PUT", tenant+"/quotas", `{"disk":"1"}`).wantField("disk")
	d.call(t, "PUT", tenant+"/quotas", `{"cpu":"many"}`).wantField("cpu")
	d.call(t, "PUT", tenant+"/limits", `{"cpu":"0"}`).wantField("cpu")
	d.call(t, "PUT", tenant+"/network-policies", `{"allowToCIDRs":["192.0.2.1/24"]}`).wantField("allowToCIDRs[0]")
}

func policySetRoutes(t *testing.T, d door, tenant string) {
	const body = `{"name":"gold","description":"Gold","rules":[{"kind":"vela.trait","spec":{"type":"scaler","properties":{"min":3,"max":10}}}],"attachedTo":[{"tenant":"acme","project":"web"}]}`
	sets := tenant + "/policysets"
	first := d.call(t, "POST", sets, body).want(200)
	if again := d.call(t, "POST", sets, body).want(200); again.body != first.body || again.etag() != first.etag() {
		t.Errorf("the second POST answers %s, the first %s", again.body, first.body)
	}
	d.call(t, "POST", sets, strings.Replace(body, "Gold", "Silver", 1)).want(409)
	if got := d.call(t, "GET", sets+"/gold", "").want(200); got.body != first.body {
		t.Errorf("GET answers %s, POST %s", got.body, first.body)
	}
	updated := d.call(t, "PUT", sets+"/gold", `{"description":"Updated","rules":[]}`).object()
	if updated.Name != "gold" || updated.Description != "Updated" || len(updated.Rules) != 0 || len(updated.AttachedTo) != 0 {
		t.Errorf("after PUT it is %+v", updated)
	}
	d.call(t, "PUT", sets+"/gold", `{"name":"silver","rules":[]}`).wantField("name")
	d.call(t, "PUT", sets+"/missing", `{"rules":[]}`).want(404)
	if names := d.call(t, "GET", sets, "").names(); !slices.Equal(names, []string{"gold"}) {
		t.Errorf("policy sets are %v", names)
	}
	d.call(t, "DELETE", sets+"/gold", "").wantEmpty(204)
	d.call(t, "DELETE", sets+"/gold", "").want(404)
}

func projectRoutes(t *testing.T, d door, tenant string) string {
	project := d.create(t, tenant+"/projects", `{"name":"web","labels":{"tier":"silver"}}`)
	got := d.call(t, "PUT", project, `{"labels":{"tier":"gold"}}`).object()
	if got.Labels["tier"] != "gold" || got.Name != "web" {
		t.Errorf("after PUT it is %+v", got)
	}
	whole := d.call(t, "GET", project, "").want(200)
	if again := d.call(t, "PUT", project, whole.body).want(200); again.body != whole.body || again.etag() != whole.etag() {
		t.Errorf("sending back %s gave %s", whole.body, again.body)
	}
	if got = d.call(t, "PUT", project, `{"description":"The shop"}`).object(); got.Description != "The shop" || got.Labels["tier"] != "gold" {
		t.Errorf("after PUT it is %+v", got)
	}
	const members = `{"members":[{"subject":"dev@example.com","role":"projectDev"},{"subject":"group:qa","role":"readOnly"},{"subject":"system:serviceaccount:ci:bot","role":"tenantOwner"}]}`
	d.call(t, "PUT", project+"/access", members).wantEmpty(200)
	if got := d.call(t, "GET", project+"/access", "").want(200).body; got != members+"\n" {
		t.Errorf("the members are %s", got)
	}
	d.call(t, "PUT", project+"/access", `{"members":[{"subject":"a","role":"readOnly"},{"subject":"a","role":"projectDev"}]}`).wantField("members[1].subject")
	if names := d.call(t, "GET", tenant+"/projects", "").names(); !slices.Equal(names, []string{"web"}) {
		t.Errorf("projects are %v", names)
	}
	return project
}

func appRoutes(t *testing.T, d door, project string) {
	app := d.create(t, project+"/apps", `{"name":"hello"}`)
	if phase := d.call(t, "GET", app+"/status", "").object().Phase; phase != "Pending" {
		t.Errorf("phase is %s", phase)
	}
	d.call(t, "PUT", app, `{"description":"says hello","components":[{"name":"web","type":"webservice","properties":{"image":"nginx:1.25","ports":[{"port":80}]}}]}`).want(200)
	whole := d.call(t, "GET", app, "").want(200)
	if again := d.call(t, "PUT", app, whole.body).want(200); again.body != whole.body || again.etag() != whole.etag() {
		t.Errorf("sending back %s gave %s", whole.body, again.body)
	}
	d.call(t, "PUT", app+"/traits", `[{"type":"scaler","properties":{"replicas":2}}]`).wantEmpty(200)
	d.call(t, "PUT", app+"/policies", `[{"type":"rollout","properties":{"maxUnavailable":1}}]`).wantEmpty(200)
	d.call(t, "PUT", app+"/policies", `[{"type":"health","properties":{"probe":"http","path":"/healthz","intervalSeconds":10}}]`).wantEmpty(200)
	made := d.call(t, "GET", app, "").object()
	if made.Description != "says hello" || len(made.Components) != 1 || len(made.Traits) != 1 || len(made.Policies) != 1 || made.Traits[0]["type"] != "scaler" {
		t.Errorf("app is %+v", made)
	}
	if names := d.call(t, "GET", project+"/apps", "").names(); !slices.Equal(names, []string{"hello"}) {
		t.Errorf("apps are %v", names)
	}
	for range 11 {
		d.call(t, "POST", app+":deploy", "").wantEmpty(202)
	}
	revisionRoutes(t, d, app)
	d.call(t, "PUT", app+"/traits", `[]`).wantEmpty(200)
	if made := d.call(t, "GET", app, "").object(); len(made.Traits) != 0 || len(made.Policies) != 1 {
		t.Errorf("without traits it is %+v", made)
	}
	other := d.create(t, project+"/apps", `{"name":"other"}`)
	d.call(t, "POST", other+":deploy", "").wantEmpty(202) // no components
	d.call(t, "DELETE", other, "").wantEmpty(202)
}

func revisionRoutes(t *testing.T, d door, app string) {
	var got []int64
	for cursor := ""; ; {
		page := d.call(t, "GET", app+"/revisions?limit=4&cursor="+cursor, "")
		var revisions []object
		page.want(200).into(&revisions)
		for _, r := range revisions {
			if r.CreatedAt == "" || r.Summary != "web: webservice nginx:1.25" {
				t.Errorf("revision is %+v", r)
			}
			got = append(got, r.Revision)
		}
		if cursor = page.header.Get("X-Next-Cursor"); cursor == "" {
			break
		}
	}
	if want := []int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}; !slices.Equal(got, want) {
		t.Errorf("revisions are %v, want %v", got, want)
	}
	d.call(t, "GET", app+"/revisions?cursor=nonsense", "").want(400)
}

func deleteRoutes(t *testing.T, d door, cluster, tenant, project string) {
	refused := d.call(t, "DELETE", cluster, "").want(409)
	if !strings.Contains(refused.body, `"acme"`) {
		t.Errorf("%s does not name the tenant", refused.body)
	}
	d.call(t, "POST", project+"/apps/hello:delete", "").wantEmpty(202)
	d.call(t, "DELETE", project, "").wantEmpty(204)
	d.call(t, "DELETE", tenant, "").wantEmpty(204)
	empty := d.register(t, "empty")
	d.call(t, "DELETE", empty, "").wantEmpty(204)
	d.call(t, "GET", empty, "").want(404)
	d.call(t, "GET", empty+"/tenants", "").want(404)
}
