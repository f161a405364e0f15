package capsule

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// What a container asks for that says nothing itself. Under a quota of cpu or
// memory a pod that asks for nothing would be refused, and KubeVela writes none.
const (
	defaultCPU    = "100m"
	defaultMemory = "128Mi"
	// Limits are set only where a quota of limits needs them.
	defaultCPULimit    = "500m"
	defaultMemoryLimit = "512Mi"
)

// limitRangesFor is the LimitRange of every namespace of a tenant: defaults for
// containers, and their bounds where the tenant's limits name any.
func limitRangesFor(t *v1alpha1.Tenant, quotas v1alpha1.ResourceAmounts) []any {
	requests := map[string]any{
		"cpu":    atMost(defaultCPU, t.Spec.Limits["cpu"]),
		"memory": atMost(defaultMemory, t.Spec.Limits["memory"]),
	}
	limits, bounds := map[string]any{}, map[string]any{}
	for name, fallback := range map[string]string{"cpu": defaultCPULimit, "memory": defaultMemoryLimit} {
		if _, found := quotas["limits."+name]; found {
			limits[name] = fallback
		}
	}
	for name, amount := range t.Spec.Limits {
		if v1alpha1.IsContainerLimit(name) {
			bounds[name], limits[name] = amount.String(), amount.String()
		}
	}
	if amount, found := t.Spec.Limits[string(corev1.ResourceEphemeralStorage)]; found {
		// Without it, a cluster would have every container ask for all of its bound.
		requests[string(corev1.ResourceEphemeralStorage)] = atMost(defaultMemory, amount)
	}
	item := map[string]any{"type": string(corev1.LimitTypeContainer), "defaultRequest": requests}
	if len(limits) > 0 {
		item["default"] = limits
	}
	if len(bounds) > 0 {
		item["max"] = bounds
	}
	return []any{map[string]any{"limits": []any{item}}}
}

// atMost is a default, or the bound where that is smaller. A zero bound is none.
func atMost(fallback string, bound resource.Quantity) string {
	if amount := resource.MustParse(fallback); bound.IsZero() || bound.Cmp(amount) >= 0 {
		return fallback
	}
	return bound.String()
}
