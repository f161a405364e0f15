package kubevela

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// RunOf reads how far the workflow of an Application is that should deliver a
// revision under a publish version.
func RunOf(app *unstructured.Unstructured, r *v1alpha1.AppRevision, publishVersion string) v1alpha1.WorkflowRun {
	run := v1alpha1.WorkflowRun{ID: string(r.UID), Revision: r.Spec.Revision, Phase: v1alpha1.WorkflowPending}
	if !seen(app, publishVersion) {
		return run
	}
	workflow, _, _ := unstructured.NestedMap(app.Object, "status", "workflow")
	run.StartedAt = timeIn(workflow, "startTime")
	phase, _, _ := unstructured.NestedString(workflow, "status")
	finished, _, _ := unstructured.NestedBool(workflow, "finished")
	switch {
	case phase == "succeeded" || finished && phase == "":
		run.Phase = v1alpha1.WorkflowSucceeded
	case finished || phase == "failed" || phase == "terminated":
		run.Phase, run.Message = v1alpha1.WorkflowFailed, workflowMessage(app)
	default:
		run.Phase = v1alpha1.WorkflowRunning
		if failedStep(app) {
			run.Message = workflowMessage(app)
		}
		return run
	}
	run.FinishedAt = timeIn(workflow, "endTime")
	return run
}

// failedStep says whether a step of the workflow has failed. KubeVela tries such
// a step again a few times before it gives the workflow up.
func failedStep(app *unstructured.Unstructured) bool {
	steps, _, _ := unstructured.NestedSlice(app.Object, "status", "workflow", "steps")
	for _, s := range steps {
		if step, ok := s.(map[string]any); ok && step["phase"] == "failed" {
			return true
		}
	}
	return false
}

func timeIn(object map[string]any, field string) *metav1.Time {
	text, _, _ := unstructured.NestedString(object, field)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return new(metav1.NewTime(at))
}
