package capsule

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TenantStatus is what KubeNova reads of a Capsule Tenant's status.
type TenantStatus struct {
	// Ready is Capsule's own condition for what the Tenant now says; false until
	// Capsule has seen the last change.
	Ready bool
	// Reason and Message are those of the condition, when there is one.
	Reason, Message string
	// Namespaces counts the tenant's namespaces.
	Namespaces int32
	// Cordoned tenants accept no changes in their namespaces.
	Cordoned bool
}

// StatusOf reads the status of a Capsule Tenant.
func StatusOf(tenant *unstructured.Unstructured) TenantStatus {
	size, _, _ := unstructured.NestedInt64(tenant.Object, "status", "size")
	state, _, _ := unstructured.NestedString(tenant.Object, "status", "state")
	out := TenantStatus{Namespaces: int32(size), Cordoned: state == "Cordoned"}

	observed, _, _ := unstructured.NestedInt64(tenant.Object, "status", "observedGeneration")
	conditions, _, _ := unstructured.NestedSlice(tenant.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if !ok || condition["type"] != "Ready" {
			continue
		}
		out.Reason, _, _ = unstructured.NestedString(condition, "reason")
		out.Message, _, _ = unstructured.NestedString(condition, "message")
		out.Ready = condition["status"] == "True" && observed >= tenant.GetGeneration()
	}
	return out
}
