package app

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// reportProgress sets the conditions by which kstatus, and with it GitOps tools,
// tell what is on its way from what is stuck. They are there only while True, so
// that an app without them is judged by Ready alone.
func reportProgress(app *v1alpha1.App) {
	conditions := &app.Status.Conditions
	ready := meta.FindStatusCondition(*conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil || ready.Status == metav1.ConditionTrue, app.Status.Phase == v1alpha1.AppPending:
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionReconciling)
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
	case app.Status.Phase == v1alpha1.AppFailed:
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionReconciling)
		set(app, v1alpha1.ConditionStalled, metav1.ConditionTrue, ready.Reason, ready.Message)
	default:
		meta.RemoveStatusCondition(conditions, v1alpha1.ConditionStalled)
		set(app, v1alpha1.ConditionReconciling, metav1.ConditionTrue, ready.Reason, ready.Message)
	}
}
