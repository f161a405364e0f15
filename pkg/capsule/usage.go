package capsule

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// QuotaStatus is what a GlobalResourceQuota says.
type QuotaStatus struct {
	// Ready is true once Capsule holds what the quota now says, over all namespaces.
	Ready bool
	// Message is Capsule's, when it is not ready.
	Message string
	// Used is what all namespaces of the tenant use together.
	Used v1alpha1.ResourceAmounts
}

// QuotaStatusOf reads the object that QuotaObject names.
func QuotaStatusOf(quota *unstructured.Unstructured) QuotaStatus {
	used, _, _ := unstructured.NestedMap(quota.Object, "status", "total", "used")
	ready, _, message := readyOf(quota)
	return QuotaStatus{Ready: ready, Message: message, Used: amounts(used)}
}

// readyOf reads the Ready condition of a Capsule object. It is false until Capsule
// has seen the object's last change.
func readyOf(object *unstructured.Unstructured) (ready bool, reason, message string) {
	observed, _, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if !ok || condition["type"] != "Ready" {
			continue
		}
		reason, _, _ = unstructured.NestedString(condition, "reason")
		message, _, _ = unstructured.NestedString(condition, "message")
		ready = condition["status"] == string(metav1.ConditionTrue) && observed >= object.GetGeneration()
	}
	return ready, reason, message
}
