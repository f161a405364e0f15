package kubevela_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

func application(t *testing.T, status string) *unstructured.Unstructured {
	t.Helper()
	in := &unstructured.Unstructured{}
	object := `{"apiVersion":"a/b","kind":"A","metadata":{"annotations":{"app.oam.dev/publishVersion":"3-0f3b9c55"}},"status":{` + status + `}}`
	if err := in.UnmarshalJSON([]byte(object)); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestRunOf(t *testing.T) {
	const times = `"appRevision":"3-0f3b9c55","startTime":"2025-01-01T00:00:01Z"`
	const failed = `"steps":[{"name":"a","phase":"succeeded"},{"name":"b","phase":"failed","message":"roles is forbidden"}]`
	for name, c := range map[string]struct {
		workflow, message string
		phase             v1alpha1.WorkflowRunPhase
		finished          bool
	}{
		"of another version": {`"appRevision":"2-x","status":"succeeded","finished":true`, "", v1alpha1.WorkflowPending, false},
		"running":            {times + `,"status":"executing"`, "", v1alpha1.WorkflowRunning, false},
		"with a failed step": {times + `,"status":"executing",` + failed, "roles is forbidden", v1alpha1.WorkflowRunning, false},
		"succeeded":          {times + `,"status":"succeeded","finished":true,"endTime":"2025-01-01T00:00:09Z"`, "", v1alpha1.WorkflowSucceeded, true},
		"failed":             {times + `,"status":"failed","finished":true,"endTime":"2025-01-01T00:00:09Z",` + failed, "roles is forbidden", v1alpha1.WorkflowFailed, true},
		"terminated":         {times + `,"status":"terminated","terminated":true,"finished":true,"message":"by hand","endTime":"2025-01-01T00:00:09Z"`, "by hand", v1alpha1.WorkflowFailed, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := kubevela.RunOf(application(t, `"workflow":{`+c.workflow+`}`), revision(v1alpha1.RenderedApp{}), "3-0f3b9c55")
			if got.ID != uid || got.Revision != 3 || got.Phase != c.phase || got.Message != c.message ||
				(got.StartedAt != nil) != (c.phase != v1alpha1.WorkflowPending) || (got.FinishedAt != nil) != c.finished {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestFailedStepShows(t *testing.T) {
	got := kubevela.StatusOf(application(t, `"status":"runningWorkflow","workflow":{"appRevision":"3-0f3b9c55","steps":[{"name":"b","phase":"failed","message":"roles is forbidden"}]}`), "3-0f3b9c55")
	if got.Phase != v1alpha1.AppFailed || got.Message != "roles is forbidden" {
		t.Errorf("got %+v", got)
	}
}

func pod(t *testing.T, name, component, metadata, status string) *unstructured.Unstructured {
	t.Helper()
	in := &unstructured.Unstructured{}
	object := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"` + name + `","labels":{"app.oam.dev/component":"` + component + `"}` + metadata + `},"status":{` + status + `}}`
	if err := in.UnmarshalJSON([]byte(object)); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestWithPods(t *testing.T) {
	well := kubevela.Status{Phase: v1alpha1.AppRunning, Healthy: true, Reason: "Running", Message: "The revision runs.",
		Components: []v1alpha1.ComponentStatus{{Name: "db", Healthy: true}, {Name: "web", Healthy: true, Message: "Ready:2/2"}}}
	container := func(state string) string {
		return `"phase":"Running","containerStatuses":[{"name":"c",` + state + `}]`
	}
	for name, c := range map[string]struct{ metadata, status, want string }{
		"well":              {"", container(`"ready":true,"started":true,"state":{"running":{}}`), ""},
		"starting":          {"", `"phase":"Pending","containerStatuses":[{"name":"c","ready":false,"state":{"waiting":{"reason":"ContainerCreating"}}}]`, ""},
		"preparing":         {"", `"phase":"Pending","initContainerStatuses":[{"name":"i","ready":false,"started":true,"state":{"running":{}}}]`, ""},
		"not yet started":   {"", container(`"ready":false,"started":false,"state":{"running":{}}`), ""},
		"going":             {`,"deletionTimestamp":"2025-01-01T00:00:00Z"`, `"phase":"Failed"`, ""},
		"of a job":          {`,"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"u"}]`, `"phase":"Failed"`, ""},
		"failed":            {"", `"phase":"Failed","reason":"Evicted"`, "pod a: Evicted"},
		"crashing":          {"", container(`"ready":false,"state":{"waiting":{"reason":"CrashLoopBackOff"}}`), "pod a: container c is waiting: CrashLoopBackOff"},
		"crashed":           {"", container(`"ready":false,"state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}`), "pod a: container c ended with exit code 137: OOMKilled"},
		"not ready":         {"", container(`"ready":false,"started":true,"state":{"running":{}}`), "pod a: container c is not ready"},
		"of a strange form": {"", `"phase":5,"containerStatuses":{"x":["y"]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := kubevela.WithPods(well, []*unstructured.Unstructured{pod(t, "a", "web", c.metadata, c.status), pod(t, "b", "ghost", "", `"phase":"Failed"`)})
			healthy := c.want == ""
			if got.Healthy != healthy || got.Components[1].Healthy != healthy || !got.Components[0].Healthy || got.Phase != v1alpha1.AppRunning {
				t.Errorf("got %+v", got)
			}
			if !healthy && (got.Components[1].Message != c.want || got.Reason != "ComponentsUnhealthy" || got.Message != "Not healthy: web ("+c.want+").") {
				t.Errorf("got %+v, want %q", got, c.want)
			}
		})
	}
	if !well.Healthy || !well.Components[1].Healthy {
		t.Error("what was passed in has changed")
	}
}
