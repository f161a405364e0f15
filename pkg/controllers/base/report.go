package base

import (
	"errors"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// Report puts the error of a reconciliation into the Ready condition and
// returns what the controller does next. Without an error it does nothing, and
// of a cluster that was not yet probed, or is busy, it says nothing.
func Report(status *v1alpha1.ConditionedStatus, generation int64, err error) (reconcile.Result, error) {
	if err == nil {
		return reconcile.Result{}, nil
	}
	if unavailable, ok := clusters.AsUnavailable(err); ok && unavailable.Untold() {
		return Outcome(err)
	}
	value, reason, message := Explain(err)
	SetCondition(status, generation, v1alpha1.ConditionReady, value, reason, message)
	var blocked *Blocked
	if errors.As(err, &blocked) {
		return reconcile.Result{RequeueAfter: blocked.Recheck}, nil
	}
	return Outcome(err)
}

// requestUID is how KubeVela's webhooks end a refusal: other words each time. A
// condition that says them is written at each attempt, and the write asks for the
// next attempt at once.
var requestUID = regexp.MustCompile(`\s*\(requestUID=[0-9A-Za-z-]*\)`)

// Explain puts an error into the words of a condition, the same for the same error.
func Explain(err error) (value metav1.ConditionStatus, reason, message string) {
	var blocked *Blocked
	if errors.As(err, &blocked) {
		return metav1.ConditionFalse, blocked.Reason, shorten(blocked.Message)
	}
	if unavailable, ok := clusters.AsUnavailable(err); ok {
		// One reason for every way to be away: the cluster's own conditions tell
		// them apart, and this object need not be written for each.
		return metav1.ConditionUnknown, "ClusterUnavailable", "The cluster " + unavailable.Cluster + " cannot be worked with; see its conditions."
	}
	if refusal, refused := clusters.RefusalOf(err); refused {
		return metav1.ConditionFalse, refusal.Reason, shorten(refusal.Message)
	}
	return metav1.ConditionFalse, "Failed", shorten(err.Error())
}

// shorten cuts a message to what people read.
func shorten(message string) string {
	const longest = 2048
	message = requestUID.ReplaceAllString(message, "")
	if len(message) > longest {
		return message[:longest] + "..."
	}
	return message
}

// NamespaceMissing says whether a cluster has refused an object because its
// namespace is not there. Without it, "not found" means that the kind is not.
func NamespaceMissing(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}
