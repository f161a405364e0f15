package usage

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Total is what pods request together, as a ResourceQuota counts it.
type Total struct {
	pods        int64
	cpu, memory resource.Quantity
}

// Add counts a pod; one that has ended does not count.
func (t *Total) Add(pod *corev1.Pod) {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return
	}
	requests := resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{})
	t.pods++
	t.cpu.Add(requests[corev1.ResourceCPU])
	t.memory.Add(requests[corev1.ResourceMemory])
}

// Join adds another total.
func (t *Total) Join(other Total) {
	t.pods += other.pods
	t.cpu.Add(other.cpu)
	t.memory.Add(other.memory)
}

// Amounts names the total by resource.
func (t *Total) Amounts() v1alpha1.ResourceAmounts {
	return v1alpha1.ResourceAmounts{
		string(corev1.ResourceCPU):    t.cpu,
		string(corev1.ResourceMemory): t.memory,
		string(corev1.ResourcePods):   *resource.NewQuantity(t.pods, resource.DecimalSI),
	}
}

// Counted is what is used of a quota, where that counts it, and else what the pods request.
func Counted(pods Total, quota v1alpha1.ResourceAmounts) v1alpha1.ResourceAmounts {
	out := pods.Amounts()
	maps.Copy(out, quota)
	return out
}

// SampleOf is what is sampled of amounts.
func SampleOf(amounts v1alpha1.ResourceAmounts) Sample {
	cpu, memory, pods := amounts[string(corev1.ResourceCPU)], amounts[string(corev1.ResourceMemory)], amounts[string(corev1.ResourcePods)]
	return Sample{CPU: cpu.MilliValue(), Memory: memory.Value(), Pods: pods.Value()}
}

// Amounts writes a sample, in which pods are in thousandths if the sample is an average.
func (s Sample) Amounts(average bool) v1alpha1.ResourceAmounts {
	pods := resource.NewQuantity(s[Pods], resource.DecimalSI)
	if average {
		pods = resource.NewMilliQuantity(s[Pods], resource.DecimalSI)
	}
	return v1alpha1.ResourceAmounts{
		string(corev1.ResourceCPU):    *resource.NewMilliQuantity(s[CPU], resource.DecimalSI),
		string(corev1.ResourceMemory): *resource.NewQuantity(s[Memory], resource.BinarySI),
		string(corev1.ResourcePods):   *pods,
	}
}

// OverRange writes what a range up to now comes to.
func (s *Series) OverRange(name string, now time.Time, interval time.Duration) (*v1alpha1.UsageWindow, error) {
	w, err := s.Over(name, now, interval)
	if err != nil {
		return nil, err
	}
	out := &v1alpha1.UsageWindow{Range: name, From: metav1.NewTime(w.From), Samples: w.Count, CoveredPercent: int64(w.Covered*100 + 0.5)}
	if w.Count > 0 {
		out.Average, out.Peak = w.Average.Amounts(true), w.Peak.Amounts(false)
	}
	return out, nil
}

// InPieces writes the pieces of a range, of the tenant or of a project.
func (s *Series) InPieces(name string, now time.Time, project string) ([]v1alpha1.UsagePiece, error) {
	pieces, err := s.Pieces(name, now)
	if err != nil {
		return nil, err
	}
	out := make([]v1alpha1.UsagePiece, 0, len(pieces))
	for _, piece := range pieces {
		p := v1alpha1.UsagePiece{Project: project, From: metav1.NewTime(piece.From), Seconds: int64(piece.Width / time.Second)}
		if piece.Bucket != nil {
			p.Samples, p.Average, p.Peak = piece.Bucket.Count, piece.Bucket.Mean().Amounts(true), piece.Bucket.Peak.Amounts(false)
		}
		out = append(out, p)
	}
	return out, nil
}
