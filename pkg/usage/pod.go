package usage

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// PodOf returns of a pod, as a cluster tells it, what Total counts. It does not
// decode it whole: amounts are read by v1alpha1.ParseAmount, since those of a hostile
// cluster would otherwise take hours. One that cannot be read is an error.
func PodOf(object *unstructured.Unstructured) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	pod.Status.Phase = corev1.PodPhase(phase)
	var err error
	if pod.Spec.Overhead, err = requestsAt(object.Object, "spec", "overhead"); err != nil {
		return nil, err
	}
	own, err := requestsAt(object.Object, "spec", "resources", "requests")
	if err != nil {
		return nil, err
	}
	if own != nil {
		pod.Spec.Resources = &corev1.ResourceRequirements{Requests: own}
	}
	for field, into := range map[string]*[]corev1.Container{"containers": &pod.Spec.Containers, "initContainers": &pod.Spec.InitContainers} {
		if *into, err = containersOf(object.Object, field); err != nil {
			return nil, err
		}
	}
	return pod, nil
}

func containersOf(pod map[string]any, field string) ([]corev1.Container, error) {
	list, _, _ := unstructured.NestedFieldNoCopy(pod, "spec", field)
	items, _ := list.([]any)
	out := make([]corev1.Container, 0, len(items))
	for _, item := range items {
		container, ok := item.(map[string]any)
		if !ok {
			continue
		}
		requests, err := requestsAt(container, "resources", "requests")
		if err != nil {
			return nil, err
		}
		read := corev1.Container{Resources: corev1.ResourceRequirements{Requests: requests}}
		if policy, found, _ := unstructured.NestedString(container, "restartPolicy"); found {
			always := corev1.ContainerRestartPolicy(policy)
			read.RestartPolicy = &always
		}
		out = append(out, read)
	}
	return out, nil
}

// requestsAt reads the amounts of cpu and memory at a path; nil where there are none.
func requestsAt(object map[string]any, path ...string) (corev1.ResourceList, error) {
	found, _, _ := unstructured.NestedFieldNoCopy(object, path...)
	amounts, _ := found.(map[string]any)
	var out corev1.ResourceList
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		value, found := amounts[string(name)]
		if !found {
			continue
		}
		amount, err := v1alpha1.ParseAmount(fmt.Sprint(value))
		if err != nil {
			return nil, fmt.Errorf("the requests of %s: %w", name, err)
		}
		if out == nil {
			out = corev1.ResourceList{}
		}
		out[name] = amount
	}
	return out, nil
}
