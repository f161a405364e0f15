package usage

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// podsPerPage bounds what is held of a namespace at a time.
const podsPerPage = 250

// requested sums up what the pods of namespaces request, as a ResourceQuota
// counts it: pods that have ended do not count.
func requested(ctx context.Context, connection *connections.Connection, namespaces []string) (v1alpha1.ResourceAmounts, error) {
	var sum total
	for _, namespace := range namespaces {
		options := metav1.ListOptions{Limit: podsPerPage}
		for {
			page, err := connection.Kubernetes().CoreV1().Pods(namespace).List(ctx, options)
			if err != nil {
				return nil, connection.Error(err)
			}
			for i := range page.Items {
				sum.add(&page.Items[i])
			}
			if options.Continue = page.Continue; options.Continue == "" {
				break
			}
		}
	}
	return sum.amounts(), nil
}

// total of pods.
type total struct {
	pods        int64
	cpu, memory resource.Quantity
}

func (t *total) add(pod *corev1.Pod) {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return
	}
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	t.pods++
	t.cpu.Add(requests[corev1.ResourceCPU])
	t.memory.Add(requests[corev1.ResourceMemory])
}

func (t *total) amounts() v1alpha1.ResourceAmounts {
	return v1alpha1.ResourceAmounts{
		string(corev1.ResourceCPU):    t.cpu,
		string(corev1.ResourceMemory): t.memory,
		string(corev1.ResourcePods):   *resource.NewQuantity(t.pods, resource.DecimalSI),
	}
}
