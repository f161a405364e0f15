package apiserver_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

var dryRun = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}

func imageOf(t *testing.T, rendered *v1alpha1.RenderedApp, component string) string {
	t.Helper()
	for _, c := range rendered.Components {
		if c.Name == component {
			var properties struct{ Image string }
			if err := json.Unmarshal(c.Properties.Raw, &properties); err != nil {
				t.Fatal(err)
			}
			return properties.Image
		}
	}
	t.Fatalf("no component %s in %+v", component, rendered)
	return ""
}

func TestSuspendAndResume(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t)

	tried := must2(apps.Suspend(t.Context(), "hello", &v1alpha1.AppSuspend{}, dryRun))(t)
	if now := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); now.ResourceVersion != app.ResourceVersion {
		t.Errorf("a dry run wrote %+v", now)
	}
	if traits := tried.Status.Rendered.Components[0].Traits; tried.Status.Revision != 1 || len(traits) != 1 || string(traits[0].Properties.Raw) != `{"replicas":0}` {
		t.Errorf("a dry run answers with %+v", tried.Status)
	}
	must2(apps.Suspend(t.Context(), "hello", &v1alpha1.AppSuspend{}, metav1.CreateOptions{}))(t)
	suspended := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	if !suspended.Spec.Suspended || suspended.Generation != app.Generation+1 {
		t.Errorf("suspended is %+v", suspended)
	}
	must2(apps.Suspend(t.Context(), "hello", &v1alpha1.AppSuspend{}, metav1.CreateOptions{}))(t)
	if again := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); again.ResourceVersion != suspended.ResourceVersion {
		t.Error("suspending what is suspended writes")
	}
	wrong := metav1.ObjectMeta{UID: "00000000-0000-4000-8000-000000000000"}
	if _, err := apps.Resume(t.Context(), "hello", &v1alpha1.AppResume{ObjectMeta: wrong}, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("resuming another app of that name: got %v, want Conflict", err)
	}
	resumed := must2(apps.Resume(t.Context(), "hello", &v1alpha1.AppResume{ObjectMeta: metav1.ObjectMeta{UID: app.UID}}, metav1.CreateOptions{}))(t)
	if app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); app.Spec.Suspended || len(resumed.Status.Rendered.Components[0].Traits) != 0 {
		t.Errorf("resumed is %+v, the answer %+v", app.Spec, resumed.Status)
	}
	if _, err := apps.Suspend(t.Context(), "ghost", &v1alpha1.AppSuspend{}, metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("suspending no app: got %v, want NotFound", err)
	}
}

func TestRollback(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	back := func(to int64, options metav1.CreateOptions) (*v1alpha1.AppRollback, error) {
		return apps.Rollback(t.Context(), "hello", &v1alpha1.AppRollback{Spec: v1alpha1.AppRollbackSpec{ToRevision: to}}, options)
	}
	if _, err := back(0, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("rolling back what was never deployed: got %v, want Conflict", err)
	}
	must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t)
	if _, err := back(0, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("rolling the first revision back: got %v, want Conflict", err)
	}
	must2(apps.UpdateImage(t.Context(), "hello", image("web", "nginx", "2"), metav1.CreateOptions{}))(t)
	if tried := must2(back(0, dryRun))(t); tried.Status.Revision != 3 || imageOf(t, tried.Status.Rendered, "web") != "nginx" {
		t.Errorf("a dry run answers with %+v", tried.Status)
	}
	made := must2(back(0, metav1.CreateOptions{}))(t)
	if made.Status.Revision != 3 || imageOf(t, made.Status.Rendered, "web") != "nginx" {
		t.Errorf("the rollback answers with %+v", made.Status)
	}
	revision := must2(o.AppRevisions("kn-acme--web").Get(t.Context(), "hello-3", metav1.GetOptions{}))(t)
	if revision.Spec.RollbackOf != 1 || revision.Spec.AppGeneration != 1 {
		t.Errorf("its revision is %+v", revision.Spec)
	}
	for _, to := range []int64{1, 3} {
		if again := must2(back(to, metav1.CreateOptions{}))(t); again.Status.Revision != 3 {
			t.Errorf("rolling back to %d, which runs already, made revision %d", to, again.Status.Revision)
		}
	}
	if _, err := back(9, metav1.CreateOptions{}); !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "revision 9") {
		t.Errorf("rolling back to no revision: got %v, want NotFound that names it", err)
	}
	if _, err := back(-1, metav1.CreateOptions{}); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.toRevision") {
		t.Errorf("rolling back to -1: got %v", err)
	}
	must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t)
	if deployed := must2(o.AppRevisions("kn-acme--web").Get(t.Context(), "hello-4", metav1.GetOptions{}))(t); imageOf(t, &deployed.Spec.Rendered, "web") != "nginx:2" {
		t.Error("a rollback changed what the next deploy makes of the app")
	}
}

// TestRollbackGoesBackOnly rolls back again and again without a number, as who
// repeats a request does.
func TestRollbackGoesBackOnly(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	for _, tag := range []string{"1", "2", "2", "3"} {
		must2(apps.UpdateImage(t.Context(), "hello", image("web", "nginx", tag), metav1.CreateOptions{}))(t)
	}
	must2(apps.RunWorkflow(t.Context(), "hello", &v1alpha1.AppWorkflow{}, metav1.CreateOptions{}))(t) // revision 4 is as 3
	for step, want := range []string{"nginx:2", "nginx:1"} {
		made := must2(apps.Rollback(t.Context(), "hello", &v1alpha1.AppRollback{}, metav1.CreateOptions{}))(t)
		if got := imageOf(t, made.Status.Rendered, "web"); got != want || made.Status.Revision != int64(5+step) {
			t.Errorf("step %d leads to %s in revision %d, want %s", step, got, made.Status.Revision, want)
		}
	}
	if made, err := apps.Rollback(t.Context(), "hello", &v1alpha1.AppRollback{}, metav1.CreateOptions{}); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "before revision 1") {
		t.Errorf("nothing is from before: got %+v, %v", made, err)
	}
}

func TestWorkflowRunsOnceMore(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	if _, err := apps.RunWorkflow(t.Context(), "hello", &v1alpha1.AppWorkflow{}, metav1.CreateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("running the workflow of what was never deployed: got %v, want Conflict", err)
	}
	must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{}))(t)
	must2(apps.Patch(t.Context(), "hello", types.MergePatchType, []byte(`{"spec":{"components":[]}}`), metav1.PatchOptions{}))(t)
	run := must2(apps.RunWorkflow(t.Context(), "hello", &v1alpha1.AppWorkflow{}, metav1.CreateOptions{}))(t).Status.Run
	revision := must2(o.AppRevisions("kn-acme--web").Get(t.Context(), "hello-2", metav1.GetOptions{}))(t)
	if run.ID != string(revision.UID) || run.Revision != 2 || run.Phase != v1alpha1.WorkflowPending || imageOf(t, &revision.Spec.Rendered, "web") != "nginx" {
		t.Errorf("run is %+v, its revision %+v", run, revision.Spec)
	}
}

func image(component, name, tag string) *v1alpha1.AppImage {
	return &v1alpha1.AppImage{Spec: v1alpha1.AppImageSpec{Component: component, Image: name, Tag: tag}}
}

func TestUpdateImage(t *testing.T) {
	o := startWithApp(t)
	apps, revisions := o.Apps("kn-acme--web"), o.AppRevisions("kn-acme--web")
	before := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	tried := must2(apps.UpdateImage(t.Context(), "hello", image("api", "example.com/api", "sha256:"+strings.Repeat("a", 64)), dryRun))(t)
	if got := imageOf(t, tried.Status.Rendered, "api"); got != "example.com/api@sha256:"+strings.Repeat("a", 64) || len(tried.Status.Rendered.Components) != 2 {
		t.Errorf("a dry run answers with %+v", tried.Status)
	}
	if now := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); now.ResourceVersion != before.ResourceVersion {
		t.Errorf("a dry run wrote %+v", now)
	}
	for range 2 { // the second changes nothing
		done := must2(apps.UpdateImage(t.Context(), "hello", image("api", "nginx", "1.25.3"), metav1.CreateOptions{}))(t)
		if done.Status.Revision != 1 || imageOf(t, done.Status.Rendered, "api") != "nginx:1.25.3" || imageOf(t, done.Status.Rendered, "web") != "nginx" {
			t.Errorf("the answer is %+v", done.Status)
		}
	}
	app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	if len(app.Spec.Components) != 2 || app.Spec.Components[1].Type != "webservice" || app.Spec.Images[0] != (v1alpha1.ComponentImage{Component: "api", Image: "nginx:1.25.3"}) {
		t.Errorf("the app is %+v", app.Spec)
	}
	for field, bad := range map[string]*v1alpha1.AppImage{
		"spec.component": image("Not A Label", "nginx", "1"),
		"spec.image":     image("web", "NGINX!", "1"),
		"spec.tag":       image("web", "nginx", "80/evil"),
	} {
		if _, err := apps.UpdateImage(t.Context(), "hello", bad, metav1.CreateOptions{}); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: got %v, want an error that names %s", bad.Spec, err, field)
		}
	}
	// What cannot be deployed is not written either.
	must2(apps.Patch(t.Context(), "hello", types.MergePatchType, []byte(`{"spec":{"policies":[{"type":"no-such-policy"}]}}`), metav1.PatchOptions{}))(t)
	broken := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	if _, err := apps.UpdateImage(t.Context(), "hello", image("web", "nginx", "9"), metav1.CreateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("got %v, want Invalid", err)
	}
	if now := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t); now.ResourceVersion != broken.ResourceVersion {
		t.Errorf("a change that could not be deployed was written: %+v", now.Spec)
	}
	if list := must2(revisions.List(t.Context(), metav1.ListOptions{}))(t); len(list.Items) != 1 {
		t.Errorf("there are %d revisions, want 1", len(list.Items))
	}
}

// TestImageBelongsToWhoUpdatedIt applies a manifest with an image, updates the
// image, and applies a manifest without one by force.
func TestImageBelongsToWhoUpdatedIt(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	manifest := func(images ...map[string]any) []byte {
		spec := map[string]any{"components": []map[string]any{{"name": "web", "type": "webservice", "properties": map[string]any{"image": "nginx"}}}}
		if len(images) > 0 {
			spec["images"] = images
		}
		raw := must2(json.Marshal(map[string]any{"apiVersion": "kubenova.io/v1alpha1", "kind": "App", "metadata": map[string]any{"name": "gitops"}, "spec": spec}))(t)
		return raw
	}
	apply := func(manifest []byte) *v1alpha1.App {
		return must2(apps.Patch(t.Context(), "gitops", types.ApplyPatchType, manifest, metav1.PatchOptions{FieldManager: "gitops", Force: new(true)}))(t)
	}
	apply(manifest(map[string]any{"component": "web", "image": "nginx:1"}))
	must2(apps.UpdateImage(t.Context(), "gitops", image("web", "nginx", "2"), metav1.CreateOptions{FieldManager: "ci"}))(t)
	app := apply(manifest())
	if len(app.Spec.Images) != 1 || app.Spec.Images[0].Image != "nginx:2" {
		t.Errorf("images are %v after a manifest that does not set them", app.Spec.Images)
	}
	owned := false
	for _, entry := range app.ManagedFields {
		owned = owned || entry.Manager == "ci" && entry.Subresource == "image" && strings.Contains(entry.FieldsV1.GetRawString(), `f:image`)
	}
	if !owned {
		t.Errorf("nobody owns the image: %v", app.ManagedFields)
	}
	must2(apps.Suspend(t.Context(), "gitops", &v1alpha1.AppSuspend{}, metav1.CreateOptions{}))(t)
	if app = apply(manifest()); !app.Spec.Suspended {
		t.Error("a manifest that does not say so resumes the app")
	}
	if app = apply(manifest(map[string]any{"component": "web", "image": "nginx:3"})); app.Spec.Images[0].Image != "nginx:3" {
		t.Error("a manifest that sets the image does not")
	}
}

// TestNoDeployIsLost deploys and changes an app from many sides at once.
func TestNoDeployIsLost(t *testing.T) {
	o := startWithApp(t)
	apps := o.Apps("kn-acme--web")
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]int{}
	for i := range 8 {
		wg.Go(func() {
			answer, err := apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
			if err != nil {
				t.Errorf("deploying: %v", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[answer.Status.Revision]++
		})
		wg.Go(func() {
			if _, err := apps.UpdateImage(t.Context(), "hello", image("c"+string(rune('a'+i)), "nginx", "1"), metav1.CreateOptions{}); err != nil {
				t.Errorf("updating an image: %v", err)
			}
		})
	}
	wg.Go(func() {
		if _, err := apps.Suspend(t.Context(), "hello", &v1alpha1.AppSuspend{}, metav1.CreateOptions{}); err != nil {
			t.Errorf("suspending: %v", err)
		}
	})
	wg.Wait()
	for revision, times := range seen {
		if times != 1 {
			t.Errorf("revision %d was answered %d times", revision, times)
		}
	}
	app := must2(apps.Get(t.Context(), "hello", metav1.GetOptions{}))(t)
	if !app.Spec.Suspended || len(app.Spec.Images) != 8 {
		t.Errorf("the app is %+v", app.Spec)
	}
	last := must2(apps.Deploy(t.Context(), "hello", &v1alpha1.AppDeploy{}, dryRun))(t)
	newest := must2(o.AppRevisions("kn-acme--web").Get(t.Context(), v1alpha1.RevisionName("hello", last.Status.Revision-1), metav1.GetOptions{}))(t)
	if len(newest.Spec.Rendered.Components) != 9 {
		t.Errorf("the newest revision has %d components, want 9", len(newest.Spec.Rendered.Components))
	}
}

// TestActionsAreDescribed looks for the actions in OpenAPI with their types.
func TestActionsAreDescribed(t *testing.T) {
	server := testserver.Start(t)
	raw := must2(server.Client.Discovery().RESTClient().Get().AbsPath("/openapi/v3/apis/kubenova.io/v1alpha1").DoRaw(t.Context()))(t)
	for subresource, kind := range map[string]string{"deploy": "AppDeploy", "suspend": "AppSuspend", "resume": "AppResume", "rollback": "AppRollback", "workflow": "AppWorkflow", "image": "AppImage"} {
		var document struct {
			Paths map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		post := string(document.Paths["/apis/kubenova.io/v1alpha1/namespaces/{namespace}/apps/{name}/"+subresource]["post"])
		if !strings.Contains(post, `"kind":"`+kind+`"`) || !strings.Contains(post, "v1alpha1."+kind+`"`) {
			t.Errorf("apps/%s is described as %s", subresource, post)
		}
	}
}
