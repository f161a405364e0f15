package connections

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// Status asks the cluster what it is and offers now. A cluster that does not
// answer, or refuses the credentials, is a 503.
func (c *Connection) Status(ctx context.Context) (v1alpha1.ClusterStatus, error) {
	if !c.calls.enter(ctx) {
		return v1alpha1.ClusterStatus{}, unavailable(c.cluster, messageBusy)
	}
	defer c.calls.leave()
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	health := clusters.Look(bounded, c.pool.Client(), c.endpoint.Host)
	if ctx.Err() == nil {
		c.calls.failed.Store(health.Connected.Status != metav1.ConditionTrue)
	}
	for _, needed := range []clusters.Finding{health.Connected, health.CredentialsValid} {
		if needed.Status != metav1.ConditionTrue {
			return v1alpha1.ClusterStatus{}, unavailable(c.cluster, needed.Message)
		}
	}
	return statusOf(health), nil
}

// statusOf holds every part that is there, whether or not it is ready.
func statusOf(health clusters.Health) v1alpha1.ClusterStatus {
	status := v1alpha1.ClusterStatus{KubernetesVersion: health.KubernetesVersion}
	now := metav1.Now()
	for _, condition := range health.Conditions() {
		condition.LastTransitionTime = now
		status.Conditions = append(status.Conditions, condition)
	}
	for name, part := range health.Parts() {
		if part.Status == metav1.ConditionTrue || part.Version != "" {
			status.Components = append(status.Components, v1alpha1.ClusterComponentStatus{Name: name, Version: part.Version})
		}
	}
	slices.SortFunc(status.Components, func(a, b v1alpha1.ClusterComponentStatus) int {
		names := v1alpha1.ComponentNames()
		return slices.Index(names, a.Name) - slices.Index(names, b.Name)
	})
	return status
}
