package kubevela

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// maxMessage bounds the messages that are taken over, in bytes.
	maxMessage = 1024
	// maxComponents bounds the components whose health is.
	maxComponents = 256
)

// Status is what an Application says about the revision that it should run.
type Status struct {
	// Phase of the app.
	Phase v1alpha1.AppPhase
	// Healthy is true when every component is.
	Healthy bool
	// Reason is a word for machines, Message a sentence for people.
	Reason, Message string
	// Components in the order of their names.
	Components []v1alpha1.ComponentStatus
}

// StatusOf reads an Application that should run the given publish version.
// What KubeVela still says of an earlier version counts as Deploying.
func StatusOf(app *unstructured.Unstructured, publishVersion string) Status {
	phase, _, _ := unstructured.NestedString(app.Object, "status", "status")
	out := phaseOf(app, phase, seen(app, publishVersion))
	if out.Phase == v1alpha1.AppRunning {
		out.Components = componentStatus(app)
		out.Healthy = phase == "running"
		if !out.Healthy {
			out.Reason, out.Message = "ComponentsUnhealthy", unhealthy(out.Components)
		}
	} else if out.Reason != "Deleting" && seen(app, publishVersion) {
		out.Components = componentStatus(app)
	}
	return out
}

// seen says whether KubeVela has started on the publish version.
func seen(app *unstructured.Unstructured, publishVersion string) bool {
	started, _, _ := unstructured.NestedString(app.Object, "status", "workflow", "appRevision")
	return started == publishVersion && app.GetAnnotations()[AnnotationPublishVersion] == publishVersion
}

func phaseOf(app *unstructured.Unstructured, phase string, seen bool) Status {
	observed, _, _ := unstructured.NestedInt64(app.Object, "status", "observedGeneration")
	deploying := Status{Phase: v1alpha1.AppDeploying, Reason: "Deploying", Message: "KubeVela is deploying the revision."}
	switch {
	case app.GetDeletionTimestamp() != nil || phase == "deleting":
		return Status{Phase: v1alpha1.AppDeploying, Reason: "Deleting", Message: "The former Application is being deleted."}
	case observed < app.GetGeneration():
		return deploying
	case seen && phase == "running", seen && phase == "unhealthy":
		return Status{Phase: v1alpha1.AppRunning, Reason: "Running", Message: "The revision runs."}
	case seen && (phase == "workflowFailed" || phase == "workflowTerminated"):
		return Status{Phase: v1alpha1.AppFailed, Reason: "WorkflowFailed", Message: workflowMessage(app)}
	case seen && failedStep(app):
		return Status{Phase: v1alpha1.AppFailed, Reason: "StepFailed", Message: workflowMessage(app)}
	case seen && phase == "workflowSuspending":
		return Status{Phase: v1alpha1.AppSuspended, Reason: "WorkflowSuspended", Message: workflowMessage(app)}
	}
	if step, message, failed := failedCondition(app); failed {
		return Status{Phase: v1alpha1.AppFailed, Reason: step + "Failed", Message: message}
	}
	return deploying
}

// failedCondition returns the first step of KubeVela's that failed.
func failedCondition(app *unstructured.Unstructured) (step, message string, failed bool) {
	conditions, _, _ := unstructured.NestedSlice(app.Object, "status", "conditions")
	for _, step := range []string{"Parsed", "Revision", "Policy", "Render", "Workflow"} {
		for _, c := range conditions {
			condition, ok := c.(map[string]any)
			if ok && condition["type"] == step && condition["status"] == "False" {
				message, _, _ := unstructured.NestedString(condition, "message")
				return step, shorten(message), true
			}
		}
	}
	return "", "", false
}

// workflowMessage is the message of the first step that did not succeed, or the workflow's own.
func workflowMessage(app *unstructured.Unstructured) string {
	steps, _, _ := unstructured.NestedSlice(app.Object, "status", "workflow", "steps")
	for _, s := range steps {
		step, ok := s.(map[string]any)
		if !ok || step["phase"] == "succeeded" {
			continue
		}
		if message, _, _ := unstructured.NestedString(step, "message"); message != "" {
			return shorten(message)
		}
	}
	message, _, _ := unstructured.NestedString(app.Object, "status", "workflow", "message")
	if message == "" {
		return "KubeVela stopped the workflow without a message."
	}
	return shorten(message)
}

// componentStatus reads the health of each component and its traits.
func componentStatus(app *unstructured.Unstructured) (out []v1alpha1.ComponentStatus) {
	services, _, _ := unstructured.NestedSlice(app.Object, "status", "services")
	index := map[string]int{}
	for _, s := range services[:min(len(services), maxComponents)] {
		service, ok := s.(map[string]any)
		if !ok {
			continue
		}
		read := readService(service)
		if at, twice := index[read.Name]; twice {
			out[at].Healthy = out[at].Healthy && read.Healthy
			continue
		}
		index[read.Name] = len(out)
		out = append(out, read)
	}
	// KubeVela lists them in the order in which they were started.
	slices.SortFunc(out, func(a, b v1alpha1.ComponentStatus) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func readService(service map[string]any) v1alpha1.ComponentStatus {
	name, _, _ := unstructured.NestedString(service, "name")
	healthy, _, _ := unstructured.NestedBool(service, "healthy")
	message, _, _ := unstructured.NestedString(service, "message")
	traits, _, _ := unstructured.NestedSlice(service, "traits")
	for _, t := range traits {
		trait, ok := t.(map[string]any)
		if ok && trait["healthy"] != true {
			healthy = false
			message = strings.TrimSpace(fmt.Sprintf("%s trait %v is not healthy", message, trait["type"]))
		}
	}
	return v1alpha1.ComponentStatus{Name: name, Healthy: healthy, Message: shorten(message)}
}

func unhealthy(components []v1alpha1.ComponentStatus) string {
	var names []string
	for _, c := range components {
		if !c.Healthy && c.Message != "" {
			names = append(names, c.Name+" ("+c.Message+")")
		} else if !c.Healthy {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return "KubeVela reports the app as unhealthy."
	}
	return shorten("Not healthy: " + strings.Join(names, ", ") + ".")
}

// shorten cuts a message to what a status may hold, on a rune.
func shorten(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-3], "") + "..."
}
