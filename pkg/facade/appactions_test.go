package facade_test

import (
	"slices"
	"strings"
	"testing"
)

// TestLifeOfAnApp goes through an app's life in the order of the guide.
func TestLifeOfAnApp(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	app := d.create(t, made.project+"/apps", `{"name":"hello"}`)
	d.call(t, "POST", app+":rollback", "").want(409) // never deployed
	d.call(t, "POST", app+"/workflow/run", "").want(409)
	d.call(t, "POST", app+":deploy", "").wantEmpty(202)
	if status := d.call(t, "GET", app+"/status", "").object(); status.Phase != "Pending" {
		t.Errorf("without components its phase is %s", status.Phase)
	}
	d.call(t, "POST", app+":suspend", "").wantEmpty(202)
	d.call(t, "POST", app+":suspend", "{}").wantEmpty(202)
	d.call(t, "POST", app+":resume", "").wantEmpty(202)
	d.call(t, "GET", app+"/revisions", "").want(200)
	missing := d.call(t, "GET", app+"/diff/1/2", "").want(404)
	if !strings.Contains(missing.body, "revision 2") {
		t.Errorf("%s does not name the revision", missing.body)
	}
	d.call(t, "PUT", app+"/traits", `[{"type":"scaler","properties":{"replicas":2}}]`).wantEmpty(200)
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"1.25.3"}`).wantEmpty(202)
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"1.25.3"}`).wantEmpty(202)
	if got := summaries(t, d, app); !slices.Equal(got, []string{"web: webservice nginx:1.25.3", "no components"}) {
		t.Errorf("revisions are %q", got)
	}
	var diff struct {
		From, To int64
		Changes  []struct{ Path, Op, Origin string }
	}
	d.call(t, "GET", app+"/diff/1/2", "").want(200).into(&diff)
	if diff.From != 1 || diff.To != 2 || len(diff.Changes) == 0 || diff.Changes[0].Op != "add" {
		t.Errorf("the difference is %+v", diff)
	}
	d.call(t, "POST", app+":delete", "").wantEmpty(202)
	for _, action := range []string{":deploy", ":suspend", ":resume", ":rollback", "/workflow/run"} {
		d.call(t, "POST", app+action, "").want(404)
	}
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"1"}`).want(404)
	d.call(t, "POST", app+":delete", "").wantEmpty(202)
}

func summaries(t *testing.T, d door, app string) (out []string) {
	var revisions []object
	d.call(t, "GET", app+"/revisions", "").want(200).into(&revisions)
	for _, r := range revisions {
		out = append(out, r.Summary)
	}
	return out
}

// TestRollbackAndRuns rolls back and forth and looks at the runs.
func TestRollbackAndRuns(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	app := d.grow(t, "t").app
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"1"}`).want(202)
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"2"}`).want(202)
	if tried := d.call(t, "POST", app+":rollback?dryRun=All", `{"toRevision":1}`).object(); tried.Revision != 3 || tried.Components[0]["properties"].(map[string]any)["image"] != "nginx:1" {
		t.Errorf("a dry run of the rollback answers with %+v", tried)
	}
	if tried := d.call(t, "POST", app+":suspend?dryRun=All", "").object(); tried.Revision != 2 || len(tried.Components) != 1 {
		t.Errorf("a dry run of the suspension answers with %+v", tried)
	}
	d.call(t, "POST", app+":rollback", `{"toRevision":1}`).wantEmpty(202)
	d.call(t, "POST", app+":rollback", `{"toRevision":1}`).wantEmpty(202)
	d.call(t, "POST", app+":rollback", "").want(409) // nothing is from before revision 1
	d.call(t, "POST", app+":rollback", `{"toRevision":2}`).wantEmpty(202)
	d.call(t, "POST", app+"/workflow/run?dryRun=All", "").wantEmpty(202)
	d.call(t, "POST", app+"/workflow/run", "").wantEmpty(202)
	want := []string{"rollback to revision 2: web: webservice nginx:2", "rollback to revision 2: web: webservice nginx:2",
		"rollback to revision 1: web: webservice nginx:1", "web: webservice nginx:2", "web: webservice nginx:1"}
	if got := summaries(t, d, app); !slices.Equal(got, want) {
		t.Errorf("revisions are %q, want %q", got, want)
	}
	if gone := d.call(t, "POST", app+":rollback", `{"toRevision":9}`).want(404); !strings.Contains(gone.body, "revision 9") {
		t.Errorf("%s does not name the revision", gone.body)
	}
	d.call(t, "POST", app+":rollback", `{"toRevision":0}`).wantField("toRevision")
	d.call(t, "POST", app+":rollback", `{"revision":1}`).wantField("revision")
	d.call(t, "GET", app+"/diff/1/x", "").want(404)
	d.call(t, "GET", app+"/diff/01/2", "").want(404)

	type run struct {
		ID, App, Status string
		Revision        int64
	}
	var runs, next []run
	page := d.call(t, "GET", app+"/workflow/runs?limit=3", "").want(200)
	page.into(&runs)
	d.call(t, "GET", app+"/workflow/runs?limit=3&cursor="+page.header.Get("X-Next-Cursor"), "").want(200).into(&next)
	if runs = append(runs, next...); len(runs) != 5 || runs[0].Revision != 5 || runs[4].Revision != 1 || runs[0].Status != "Pending" {
		t.Errorf("runs are %+v", runs)
	}
	var one run
	project := app[:strings.LastIndex(app, "/apps/")]
	d.call(t, "GET", project+"/apps/runs/"+runs[1].ID, "").want(200).into(&one)
	if one != runs[1] || one.App != "t-app" {
		t.Errorf("run is %+v, want %+v", one, runs[1])
	}
	d.call(t, "GET", project+"/apps/runs/5f1e4c8a-8f9a-4b1e-9d92-1b2c3d4e5f62", "").want(404)
	d.call(t, "GET", project+"/apps/runs/x", "").want(404)
	d.call(t, "GET", project+"/apps/t-app/x", "").want(404)
}

// TestImagesAreShownAndReplaced updates an image and then replaces the app.
func TestImagesAreShownAndReplaced(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	app := d.grow(t, "t").app
	image := func() any {
		return d.call(t, "GET", app, "").object().Components[0]["properties"].(map[string]any)["image"]
	}
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"2"}`).want(202)
	whole := d.call(t, "GET", app, "").want(200)
	if image() != "nginx:2" {
		t.Errorf("the image is %v", image())
	}
	if again := d.call(t, "PUT", app, whole.body).want(200); again.body != whole.body || again.etag() != whole.etag() {
		t.Errorf("sending back %s gave %s", whole.body, again.body)
	}
	d.call(t, "PUT", app, strings.Replace(whole.body, "nginx:2", "nginx:3", 1)).want(200)
	d.call(t, "POST", app+":deploy", "").want(202)
	if got := summaries(t, d, app)[0]; image() != "nginx:3" || got != "web: webservice nginx:3" {
		t.Errorf("after PUT the image is %v, and deployed is %s", image(), got)
	}
	d.call(t, "POST", app+"/image-update", `{"component":"web","image":"nginx","tag":"4"}`).want(202)
	if image() != "nginx:4" {
		t.Errorf("the image is %v", image())
	}
	d.call(t, "PUT", app, `{"components":[]}`).want(200)
	d.call(t, "PUT", app, `{"components":[{"name":"web","type":"webservice","properties":{"image":"nginx:5"}}]}`).want(200)
	if image() != "nginx:5" {
		t.Errorf("an image survived its component: %v", image())
	}
	for field, body := range map[string]string{
		"component": `{"image":"nginx","tag":"1"}`, "image": `{"component":"web","image":"a b","tag":"1"}`, "tag": `{"component":"web","image":"nginx"}`,
	} {
		d.call(t, "POST", app+"/image-update", body).wantField(field)
	}
	d.call(t, "POST", app+"/image-update", "").want(400)
}

// TestLogsWithoutACluster asks for logs that cannot be had.
func TestLogsWithoutACluster(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	app := d.grow(t, "t").app
	if missing := d.call(t, "GET", app+"/logs/ghost", "").want(404); !strings.Contains(missing.body, "ghost") {
		t.Errorf("%s does not name the component", missing.body)
	}
	for _, query := range []string{"", "?tail=1&sinceSeconds=5", "?follow=true"} {
		if away := d.call(t, "GET", app+"/logs/web"+query, "").want(503); away.header.Get("Retry-After") == "" {
			t.Errorf("logs of a cluster that is away: %v", away.header)
		}
	}
	for field, query := range map[string]string{"tail": "?tail=0", "sinceSeconds": "?sinceSeconds=0", "follow": "?follow=maybe"} {
		d.call(t, "GET", app+"/logs/web"+query, "").wantField(field)
	}
}
