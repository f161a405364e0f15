package attack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// tenantAttacks are those of an owner of a tenant against another tenant, and against
// what bounds its own.
func tenantAttacks() []Attack {
	return slices.Concat([]Attack{
		{Name: "read another tenant, REST", Expected: "404 for each", Try: readOthers},
		{Name: "read another tenant, native", Expected: "403 for each", Try: readOthersNatively},
		{Name: "reach another tenant's project through its own path", Expected: "404 for each", Try: throughOwnPath},
		{Name: "reach its tenant through another cluster", Expected: "404 for each", Try: throughOtherCluster},
		{Name: "change another tenant, REST", Expected: "404 for each; nothing changed", Try: changeOthers},
		{Name: "change another tenant, native", Expected: "403 for each; nothing changed", Try: changeOthersNatively},
		{Name: "list what there is", Expected: "nothing of the other", Try: listAll},
		{Name: "delete whole collections", Expected: "nothing changed", Try: deleteCollections},
		{Name: "watch while the other works, REST", Expected: "its own change and nothing of the other", Try: watchStream},
		{Name: "watch while the other works, native", Expected: "its own change and nothing of the other", Try: watchNatively},
		{Name: "attach a policy set to another tenant", Expected: "the other's revision is what it was", Try: policySetOfOthers},
		{Name: "raise what bounds it", Expected: "403 for each at the REST door, 403 for each at the native one; nothing changed", Try: raiseBounds},
		{Name: "use the platform's resources", Expected: "403 for each at the REST door, 403 for each at the native one", Try: platformResources},
	}, nameAttacks(), tokenAttacks(), limitAttacks())
}

// each makes requests and sums up their statuses: one word when all are the same.
func each(ctx context.Context, c caller, requests [][3]string) string {
	codes := map[string]string{}
	for _, r := range requests {
		codes[c.do(ctx, r[0], r[1], r[2]).String()] += " " + r[0] + " " + r[1]
	}
	if len(codes) == 1 {
		for code := range codes {
			return code + " for each"
		}
	}
	var all []string
	for code, paths := range codes {
		all = append(all, code+":"+paths)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// reads are all that there is to read of a tenant through the REST door.
func (f *Field) reads(t tenant, tenantID, projectID, appID string) (out [][3]string) {
	base := "/clusters/" + f.Home + "/tenants/" + tenantID
	project := base + "/projects/" + projectID
	app := project + "/apps/" + appID
	for _, path := range []string{
		base, base + "/quotas", base + "/limits", base + "/plan", base + "/network-policies", base + "/summary", base + "/policysets", base + "/projects",
		"/tenants/" + tenantID + "/usage", "/tenants/" + t.uid + "/usage", "/projects/" + t.project + "/usage",
		project, project + "/access", project + "/kubeconfig", project + "/apps", app, app + "/status", app + "/revisions", app + "/diff/1/2", app + "/logs/web", app + "/workflow/runs",
	} {
		out = append(out, [3]string{http.MethodGet, path})
	}
	return out
}

func readOthers(ctx context.Context, f *Field) string {
	byName := f.reads(f.theirs, f.theirs.name, "web", "hello")
	byUID := f.reads(f.theirs, f.theirs.uid, f.theirs.project, f.theirs.app)
	return each(ctx, f.mine.owner, append(byName, byUID...))
}

// throughOwnPath asks for what is another's under paths that begin with what is its own.
func throughOwnPath(ctx context.Context, f *Field) string {
	mine, base := f.mine.path(f.Home), "/projects/"
	return each(ctx, f.mine.owner, [][3]string{
		{http.MethodGet, mine + base + f.theirs.project}, {http.MethodGet, mine + base + f.theirs.project + "/apps"},
		{http.MethodGet, mine + base + "web/apps/" + f.theirs.app}, {http.MethodGet, mine + base + "web/apps/" + f.theirs.app + "/status"},
		{http.MethodDelete, mine + base + f.theirs.project}, {http.MethodDelete, mine + base + "web/apps/" + f.theirs.app},
		{http.MethodPost, mine + base + "web/apps/" + f.theirs.app + ":deploy"}, {http.MethodPut, mine + base + f.theirs.project + "/access", `{"members":[]}`},
		{http.MethodGet, mine + base + "..%2f..%2f" + f.theirs.name}, {http.MethodGet, mine + base + "web%2fapps"},
	})
}

// throughOtherCluster uses ids of clusters on which the tenant does not live.
func throughOtherCluster(ctx context.Context, f *Field) string {
	const other = "11111111-2222-4333-8444-555555555555"
	var requests [][3]string
	for _, cluster := range []string{"elsewhere", other, f.theirs.uid} {
		base := "/clusters/" + cluster + "/tenants/" + f.mine.name
		requests = append(requests, [3]string{http.MethodGet, base}, [3]string{http.MethodGet, base + "/projects/web"},
			[3]string{http.MethodGet, base + "/projects/web/apps/hello"}, [3]string{http.MethodPut, base + "/quotas", `{"pods":"1"}`})
	}
	return each(ctx, f.mine.owner, requests)
}

func readOthersNatively(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	tenant, project, apps := apis+"/tenants/"+f.theirs.name, f.theirs.projects()+"/web", f.theirs.apps()
	var requests [][3]string
	for _, path := range []string{
		tenant, tenant + "/status", tenant + "/usage", project, project + "/status", project + "/usage",
		apps + "/hello", apps + "/hello/status", apps + "/hello/logs?component=web",
		strings.TrimSuffix(apps, "apps") + "apprevisions/hello-1",
		strings.TrimSuffix(f.theirs.projects(), "projects") + "policysets/x", strings.TrimSuffix(f.theirs.projects(), "projects") + "accessgrants",
	} {
		requests = append(requests, [3]string{http.MethodGet, path})
	}
	return each(ctx, session, requests)
}

func changeOthers(ctx context.Context, f *Field) string {
	base := f.theirs.path(f.Home)
	project := base + "/projects/web"
	app := project + "/apps/hello"
	seen := each(ctx, f.mine.owner, [][3]string{
		{http.MethodDelete, base}, {http.MethodPut, base + "/owners", encode(map[string]any{"owners": []string{f.mine.ownerName}})},
		{http.MethodPut, base + "/quotas", `{"pods":"1"}`}, {http.MethodPut, base + "/network-policies", `{"defaultDeny":false}`},
		{http.MethodPost, base + "/projects", `{"name":"more"}`}, {http.MethodPost, base + "/policysets", `{"name":"x","rules":[]}`},
		{http.MethodDelete, project}, {http.MethodPut, project + "/access", encode(map[string]any{"members": []any{map[string]any{"subject": f.mine.ownerName, "role": "tenantOwner"}}})},
		{http.MethodPost, project + "/apps", `{"name":"more"}`}, {http.MethodDelete, app}, {http.MethodPut, app, `{"name":"hello"}`}, {http.MethodPost, app + ":deploy"}, {http.MethodPost, app + ":suspend"},
		{http.MethodPost, app + ":delete"}, {http.MethodPut, app + "/traits", `[]`}, {http.MethodPost, app + "/image-update", `{"component":"web","image":"evil","tag":"1"}`},
		{http.MethodPost, "/tenants/" + f.theirs.name + "/kubeconfig", `{}`}, {http.MethodPost, "/tenants/" + f.theirs.uid + "/kubeconfig", `{"role":"tenantOwner"}`},
	})
	return seen + "; " + f.unchanged(ctx)
}

func changeOthersNatively(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	tenant, project, app := apis+"/tenants/"+f.theirs.name, f.theirs.projects()+"/web", f.theirs.apps()+"/hello"
	owners := encode(map[string]any{"spec": map[string]any{"owners": []any{map[string]any{"kind": "User", "name": f.mine.ownerName}}}})
	seen := each(ctx, session, [][3]string{
		{http.MethodPatch, tenant, owners}, {http.MethodDelete, tenant}, {http.MethodPost, tenant + "/kubeconfig", `{"apiVersion":"kubenova.io/v1alpha1","kind":"AccessKubeconfig"}`},
		{http.MethodPatch, project, `{"spec":{"access":null}}`}, {http.MethodDelete, project}, {http.MethodDelete, app}, {http.MethodPatch, app, `{"spec":{"components":null}}`},
		{http.MethodPatch, app + "/status", `{"status":{"phase":"Failed"}}`}, {http.MethodPost, app + "/deploy", `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`},
		{http.MethodPost, f.theirs.projects(), `{"apiVersion":"kubenova.io/v1alpha1","kind":"Project","metadata":{"name":"more"}}`},
	})
	return seen + "; " + f.unchanged(ctx)
}

// unchanged says whether all of the other tenant is as it was made.
func (f *Field) unchanged(ctx context.Context) string {
	t := f.theirs
	var tenant struct {
		Metadata struct{ UID string }
		Spec     struct{ Owners []struct{ Name string } }
	}
	var project struct {
		Metadata struct{ UID string }
		Spec     struct {
			Access []struct{ Name, Role string }
		}
	}
	var app struct {
		Metadata struct{ UID string }
		Spec     struct{ Components []struct{ Name string } }
	}
	if err := errors.Join(
		f.root.do(ctx, http.MethodGet, apis+"/tenants/"+t.name, "").must(&tenant),
		f.root.do(ctx, http.MethodGet, t.projects()+"/web", "").must(&project),
		f.root.do(ctx, http.MethodGet, t.apps()+"/hello", "").must(&app),
	); err != nil {
		return err.Error()
	}
	switch {
	case tenant.Metadata.UID != t.uid || project.Metadata.UID != t.project || app.Metadata.UID != t.app:
		return "something is another one"
	case len(tenant.Spec.Owners) != 1 || tenant.Spec.Owners[0].Name != t.ownerName:
		return fmt.Sprintf("the owners are %v", tenant.Spec.Owners)
	case len(project.Spec.Access) != 1 || project.Spec.Access[0].Name != t.devName:
		return fmt.Sprintf("the access is %v", project.Spec.Access)
	case len(app.Spec.Components) != 1:
		return fmt.Sprintf("the components are %v", app.Spec.Components)
	}
	return "nothing changed"
}

// listAll reads every list, whole and by pages, and looks for the other's name in it.
func listAll(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	var leaks []string
	look := func(c caller, path string) {
		got := c.do(ctx, http.MethodGet, path, "")
		if got.err != nil || got.code >= http.StatusInternalServerError || strings.Contains(got.body, f.theirs.name) {
			leaks = append(leaks, path+" "+got.String())
		}
	}
	for _, resource := range []string{"tenants", "projects", "apps", "apprevisions", "policysets"} {
		for _, query := range []string{"", "?limit=1", "?resourceVersion=0", "?fieldSelector=metadata.uid=" + f.theirs.uid, "?fieldSelector=metadata.name=" + f.theirs.name, "?labelSelector=%21x"} {
			look(session, apis+"/"+resource+query)
		}
	}
	for _, path := range []string{"/clusters/" + f.Home + "/tenants", "/clusters/" + f.Home + "/tenants?limit=1", "/clusters/" + f.Home + "/tenants?owner=" + f.theirs.ownerName, "/me", "/features"} {
		look(f.mine.owner, path)
	}
	if len(leaks) > 0 {
		return "in " + strings.Join(leaks, ", ")
	}
	return "nothing of the other"
}

func deleteCollections(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	for _, path := range []string{
		apis + "/tenants", apis + "/projects", apis + "/apps", f.theirs.projects(), f.theirs.apps(), apis + "/clusters",
	} {
		session.do(ctx, http.MethodDelete, path, "")
	}
	return f.unchanged(ctx)
}

// watchStream follows the tenants by server-sent events.
func watchStream(ctx context.Context, f *Field) string {
	return f.watch(ctx, f.mine.owner, "/clusters/"+f.Home+"/tenants", "Accept", "text/event-stream")
}

func watchNatively(ctx context.Context, f *Field) string {
	session, err := f.native(f.mine.ownerName)
	if err != nil {
		return "error: " + err.Error()
	}
	return f.watch(ctx, session, apis+"/tenants?watch=true")
}

// watch reads a stream until it tells of a change of its own, which is made after one
// of the other's.
func (f *Field) watch(ctx context.Context, c caller, path string, headers ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return "error: " + err.Error()
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.client.Do(request)
	if err != nil {
		return "error: " + err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	mark := fmt.Sprint(time.Now().UnixNano())
	for _, t := range []tenant{f.theirs, f.mine} {
		change := encode(map[string]any{"metadata": map[string]any{"annotations": map[string]any{"attack": mark}}})
		if err := f.root.do(ctx, http.MethodPatch, apis+"/tenants/"+t.name, change).must(nil); err != nil {
			return "error: " + err.Error()
		}
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.Contains(line, f.theirs.name):
			return "the other: " + line
		case strings.Contains(line, mark):
			return "its own change and nothing of the other"
		}
	}
	return fmt.Sprintf("%d, and the stream ends without its own change: %v", response.StatusCode, lines.Err())
}
