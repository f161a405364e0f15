package kubevela

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Labels that KubeVela gives to the pods of an Application.
const (
	LabelApp       = "app.oam.dev/name"
	LabelComponent = "app.oam.dev/component"
)

// WithPods adds to the status of an app that runs what is wrong with its pods:
// KubeVela looks at the health of what it delivered only every few minutes.
func WithPods(status Status, pods []*unstructured.Unstructured) Status {
	problems := podProblems(pods)
	if status.Phase != v1alpha1.AppRunning || len(problems) == 0 {
		return status
	}
	status.Components = slices.Clone(status.Components)
	for i := range status.Components {
		c := &status.Components[i]
		if problem, found := problems[c.Name]; found {
			c.Healthy, c.Message = false, problem
			status.Healthy = false
		}
	}
	if !status.Healthy {
		status.Reason, status.Message = "ComponentsUnhealthy", unhealthy(status.Components)
	}
	return status
}

// podProblems returns for each component with a pod in trouble what it is, of
// the first such pod by name.
func podProblems(pods []*unstructured.Unstructured) map[string]string {
	sorted := slices.SortedFunc(slices.Values(pods), func(a, b *unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	out := map[string]string{}
	for _, pod := range sorted {
		component := pod.GetLabels()[LabelComponent]
		if _, found := out[component]; found {
			continue
		}
		if problem := podProblem(pod); problem != "" {
			out[component] = shorten("pod " + pod.GetName() + ": " + problem)
		}
	}
	return out
}

// podProblem says what is wrong with a pod; one that is on its way up or down has
// no problem, and one of a Job is the Job's to judge.
func podProblem(pod *unstructured.Unstructured) string {
	phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
	if pod.GetDeletionTimestamp() != nil || phase == "Succeeded" || ofJob(pod) {
		return ""
	}
	if phase == "Failed" {
		reason, _, _ := unstructured.NestedString(pod.Object, "status", "reason")
		return cmp.Or(reason, "failed")
	}
	containers, _, _ := unstructured.NestedSlice(pod.Object, "status", "containerStatuses")
	initial, _, _ := unstructured.NestedSlice(pod.Object, "status", "initContainerStatuses")
	for i, c := range slices.Concat(initial, containers) {
		if container, ok := c.(map[string]any); ok {
			if problem := containerProblem(container, i >= len(initial)); problem != "" {
				return problem
			}
		}
	}
	return ""
}

func ofJob(pod *unstructured.Unstructured) bool {
	for _, owner := range pod.GetOwnerReferences() {
		if owner.Kind == "Job" {
			return true
		}
	}
	return false
}

// containerProblem says what is wrong with a container, which has to be ready
// unless it only prepares the pod.
func containerProblem(container map[string]any, serves bool) string {
	name, _, _ := unstructured.NestedString(container, "name")
	if reason, found, _ := unstructured.NestedString(container, "state", "waiting", "reason"); found {
		if reason == "ContainerCreating" || reason == "PodInitializing" {
			return ""
		}
		return fmt.Sprintf("container %s is waiting: %s", name, reason)
	}
	if code, found, _ := unstructured.NestedInt64(container, "state", "terminated", "exitCode"); found {
		if code == 0 {
			return ""
		}
		reason, _, _ := unstructured.NestedString(container, "state", "terminated", "reason")
		return fmt.Sprintf("container %s ended with exit code %d: %s", name, code, cmp.Or(reason, "Error"))
	}
	ready, known, _ := unstructured.NestedBool(container, "ready")
	started, knownStart, _ := unstructured.NestedBool(container, "started")
	if serves && known && !ready && (!knownStart || started) {
		return fmt.Sprintf("container %s is not ready", name)
	}
	return ""
}
