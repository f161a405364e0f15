package bootstrap

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	v1alpha1ac "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
)

// fieldManager owns the conditions below and status.components[].requestedAt;
// all else in a cluster's status is the cluster controller's.
const fieldManager = "kubenova-bootstrap"

// Reasons of the conditions, besides those that a bootstrap.Action gives.
const (
	reasonInstalling = "Installing"
	reasonFailed     = "InstallFailed"
)

const (
	// maxMessage is what metav1.Condition allows.
	maxMessage = 32768
	// maxNote leaves room for the component's name in what an Event allows.
	maxNote = 900
)

// conditionTypes names the condition that tells of each component's request.
// That a component works is said by others, such as TenancyReady.
func conditionTypes() map[v1alpha1.ComponentName]string {
	return map[v1alpha1.ComponentName]string{
		v1alpha1.ComponentTenancy:     "TenancyInstalled",
		v1alpha1.ComponentProxy:       "ProxyInstalled",
		v1alpha1.ComponentAppDelivery: "AppDeliveryInstalled",
	}
}

// carriedOut returns the request of the component that was last carried out.
func carriedOut(status *v1alpha1.ClusterStatus, component v1alpha1.ComponentName) *metav1.Time {
	for i := range status.Components {
		if status.Components[i].Name == component {
			return status.Components[i].RequestedAt
		}
	}
	return nil
}

// underway says in the status how far the installation is. While an earlier
// failure of the same request stands there, it stays and underway returns false:
// a retry is no news.
func underway(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName, stage string) (changed bool) {
	current := meta.FindStatusCondition(cluster.Status.Conditions, conditionTypes()[component])
	if current != nil && current.ObservedGeneration == cluster.Generation && current.Reason == reasonFailed {
		return false
	}
	return setCondition(cluster, component, metav1.ConditionFalse, reasonInstalling, stage)
}

// finish says in the status how the installation ended, and whether that is news.
// A request that failed does not count as carried out.
func finish(cluster *v1alpha1.Cluster, component v1alpha1.ClusterComponent, result bootstrap.Result, err error) (news bool) {
	if err != nil {
		return setCondition(cluster, component.Name, metav1.ConditionFalse, reasonFailed, err.Error())
	}
	setCondition(cluster, component.Name, metav1.ConditionTrue, string(result.Action), result.Message)
	for i := range cluster.Status.Components {
		if cluster.Status.Components[i].Name == component.Name {
			cluster.Status.Components[i].RequestedAt = component.RequestedAt
			return true
		}
	}
	cluster.Status.Components = append(cluster.Status.Components, v1alpha1.ClusterComponentStatus{
		Name: component.Name, RequestedAt: component.RequestedAt,
	})
	return true
}

func setCondition(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName, status metav1.ConditionStatus, reason, message string) bool {
	return meta.SetStatusCondition(&cluster.Status.Conditions, metav1.Condition{
		Type: conditionTypes()[component], Status: status, Reason: reason, Message: shortened(message, maxMessage),
		ObservedGeneration: cluster.Generation,
	})
}

// shortened cuts a text that is too long, between characters.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// statusOf returns the fields of the cluster's status that belong to
// fieldManager, all of them: server-side apply removes what is left out.
func statusOf(cluster *v1alpha1.Cluster) *v1alpha1ac.ClusterApplyConfiguration {
	status := v1alpha1ac.ClusterStatus()
	for _, wanted := range cluster.Spec.Components {
		if condition := meta.FindStatusCondition(cluster.Status.Conditions, conditionTypes()[wanted.Name]); condition != nil {
			status.WithConditions(metav1ac.Condition().
				WithType(condition.Type).
				WithStatus(condition.Status).
				WithReason(condition.Reason).
				WithMessage(condition.Message).
				WithObservedGeneration(condition.ObservedGeneration).
				WithLastTransitionTime(condition.LastTransitionTime))
		}
		if done := carriedOut(&cluster.Status, wanted.Name); done != nil {
			status.WithComponents(v1alpha1ac.ClusterComponentStatus().WithName(wanted.Name).WithRequestedAt(*done))
		}
	}
	// The uid keeps the status out of a cluster of the same name that is new.
	return v1alpha1ac.Cluster(cluster.Name).WithUID(cluster.UID).WithStatus(status)
}
