package exchange

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	v1alpha1ac "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
)

// fieldManager owns the condition CredentialsExchanged.
const fieldManager = "kubenova-exchange"

// maxMessage keeps what a cluster says from filling the status, and an Event.
const maxMessage = 900

// failed reports why there are no new credentials, and has it tried again.
func (r *Reconciler) failed(ctx context.Context, cluster *v1alpha1.Cluster, status metav1.ConditionStatus, reason string, err error) error {
	message := strings.ToValidUTF8(err.Error(), "")
	message = strings.ToValidUTF8(message[:min(len(message), maxMessage)], "")
	return errors.Join(fmt.Errorf("exchanging the credentials of cluster %s: %w", cluster.Name, err), r.report(ctx, cluster, status, reason, message))
}

// report writes the condition, and an Event, when it says something else than before.
func (r *Reconciler) report(ctx context.Context, cluster *v1alpha1.Cluster, status metav1.ConditionStatus, reason, message string) error {
	former := meta.FindStatusCondition(cluster.Status.Conditions, v1alpha1.ClusterCredentialsExchanged)
	changed := cluster.DeepCopy()
	if !meta.SetStatusCondition(&changed.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ClusterCredentialsExchanged, Status: status, Reason: reason, Message: message, ObservedGeneration: cluster.Generation,
	}) {
		return nil
	}
	if former == nil || former.Reason != reason {
		r.tell(cluster, reason, message)
	}
	now := meta.FindStatusCondition(changed.Status.Conditions, v1alpha1.ClusterCredentialsExchanged)
	return r.apply(ctx, cluster, v1alpha1ac.ClusterStatus().WithConditions(metav1ac.Condition().
		WithType(now.Type).WithStatus(now.Status).WithReason(now.Reason).WithMessage(now.Message).
		WithObservedGeneration(now.ObservedGeneration).WithLastTransitionTime(now.LastTransitionTime)))
}

func (r *Reconciler) tell(cluster *v1alpha1.Cluster, reason, message string) {
	if reason == reasonExchanged || reason == reasonPending {
		r.Recorder.Done(cluster, "ExchangeCredentials", reason, "%s", message)
		return
	}
	r.Recorder.Warn(cluster, "ExchangeCredentials", reason, "%s", message)
}

// withdraw removes the condition from a cluster that asks for no exchange.
func (r *Reconciler) withdraw(ctx context.Context, cluster *v1alpha1.Cluster) error {
	if meta.FindStatusCondition(cluster.Status.Conditions, v1alpha1.ClusterCredentialsExchanged) == nil {
		return nil
	}
	return r.apply(ctx, cluster, v1alpha1ac.ClusterStatus())
}

func (r *Reconciler) apply(ctx context.Context, cluster *v1alpha1.Cluster, status *v1alpha1ac.ClusterStatusApplyConfiguration) error {
	// The uid keeps the status out of a cluster of the same name that is new.
	wanted := v1alpha1ac.Cluster(cluster.Name).WithUID(cluster.UID).WithStatus(status)
	_, err := r.Clusters.ApplyStatus(ctx, wanted, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("writing the status of cluster %s: %w", cluster.Name, err)
	}
	return nil
}
