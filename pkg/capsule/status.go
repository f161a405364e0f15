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
	// Locked tenants are to be cordoned, or not to be deleted.
	Locked bool
}

// StatusOf reads the status of a Capsule Tenant.
func StatusOf(tenant *unstructured.Unstructured) TenantStatus {
	size, _, _ := unstructured.NestedInt64(tenant.Object, "status", "size")
	state, _, _ := unstructured.NestedString(tenant.Object, "status", "state")
	cordoned, _, _ := unstructured.NestedBool(tenant.Object, "spec", "cordoned")
	kept, _, _ := unstructured.NestedBool(tenant.Object, "spec", "preventDeletion")
	out := TenantStatus{Namespaces: int32(size), Cordoned: state == "Cordoned", Locked: cordoned || kept}
	out.Ready, out.Reason, out.Message = readyOf(tenant)
	return out
}
