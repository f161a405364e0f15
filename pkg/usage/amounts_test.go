package usage

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestTotalCountsWhatAQuotaCounts(t *testing.T) {
	pod := func(phase corev1.PodPhase, cpu, memory string) *corev1.Pod {
		requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
		return &corev1.Pod{
			Spec:   corev1.PodSpec{Containers: []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: requests}}}},
			Status: corev1.PodStatus{Phase: phase},
		}
	}
	var sum Total
	sum.Add(pod(corev1.PodRunning, "500m", "1Gi"))
	sum.Add(pod(corev1.PodPending, "250m", "1Gi"))
	sum.Add(pod(corev1.PodSucceeded, "8", "8Gi"))
	sum.Add(pod(corev1.PodFailed, "8", "8Gi"))
	sum.Add(&corev1.Pod{})
	got := sum.Amounts()
	for name, want := range map[string]string{"cpu": "750m", "memory": "2Gi", "pods": "3"} {
		if amount := got[name]; amount.String() != want {
			t.Errorf("%s is %s, want %s", name, amount.String(), want)
		}
	}
}
