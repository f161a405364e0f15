package cluster

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	applyv1alpha1 "github.com/kubenova/kubenova/pkg/generated/applyconfiguration/kubenova/v1alpha1"
)

// statusOf returns the part of the status that this controller owns. Times of
// transition are carried over from the current status.
func statusOf(cluster *v1alpha1.Cluster, health clusters.Health, expires, warn, now time.Time) v1alpha1.ClusterStatus {
	health.CredentialsValid = credentialsFinding(health.CredentialsValid, now, expires, warn)
	out := v1alpha1.ClusterStatus{KubernetesVersion: health.KubernetesVersion}
	if out.KubernetesVersion == "" {
		// A cluster that is away still has the version that it had.
		out.KubernetesVersion = cluster.Status.KubernetesVersion
	}
	out.ObservedGeneration = cluster.Generation
	for _, c := range append(health.Conditions(), ready(cluster, health)) {
		if current := meta.FindStatusCondition(cluster.Status.Conditions, c.Type); current != nil {
			out.Conditions = append(out.Conditions, *current)
		}
		c.ObservedGeneration = cluster.Generation
		meta.SetStatusCondition(&out.Conditions, c)
	}
	out.Components = components(cluster, health)
	out.LastSeenTime = cluster.Status.LastSeenTime
	if !expires.IsZero() {
		out.CredentialsExpireTime = &metav1.Time{Time: expires}
	}
	return out
}

// ready sums up what the cluster asks for: a connection, and the components
// that it wants installed.
func ready(cluster *v1alpha1.Cluster, health clusters.Health) metav1.Condition {
	if cluster.DeletionTimestamp != nil {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: "Deleting",
			Message: "Waiting for the cluster's tenants to be deleted; to leave alone what they have on the cluster, delete it once more with orphan."}
	}
	needed := health.Conditions()[:2]
	for _, wanted := range cluster.Spec.Components {
		needed = append(needed, health.Parts()[wanted.Name].Condition(string(wanted.Name)))
	}
	for _, n := range needed {
		if n.Status != metav1.ConditionTrue {
			return metav1.Condition{Type: v1alpha1.ConditionReady, Status: n.Status, Reason: n.Reason, Message: n.Message}
		}
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Ready",
		Message: "The cluster is connected, and has every component that was asked for."}
}

// components lists the parts that were found. While the cluster cannot be
// asked, those that were found last stay.
func components(cluster *v1alpha1.Cluster, health clusters.Health) (out []v1alpha1.ClusterComponentStatus) {
	for _, name := range v1alpha1.ComponentNames() {
		part := health.Parts()[name]
		switch part.Status {
		case metav1.ConditionTrue:
			out = append(out, v1alpha1.ClusterComponentStatus{Name: name, Version: part.Version})
		case metav1.ConditionUnknown:
			for _, former := range cluster.Status.Components {
				if former.Name == name && former.Version != "" {
					out = append(out, v1alpha1.ClusterComponentStatus{Name: name, Version: former.Version})
				}
			}
		}
	}
	return out
}

// says compares what is owned here with the current status: others have
// conditions and fields of their own in it. When the cluster was last seen is no
// reason to write.
func says(current, wanted *v1alpha1.ClusterStatus) bool {
	if current.ObservedGeneration != wanted.ObservedGeneration || current.KubernetesVersion != wanted.KubernetesVersion ||
		!current.CredentialsExpireTime.Equal(wanted.CredentialsExpireTime) {
		return false
	}
	for _, c := range wanted.Conditions {
		if have := meta.FindStatusCondition(current.Conditions, c.Type); have == nil || *have != c {
			return false
		}
	}
	versions := map[v1alpha1.ComponentName]string{}
	for _, c := range wanted.Components {
		versions[c.Name] = c.Version
	}
	for _, c := range current.Components {
		version, found := versions[c.Name]
		// One that is gone stays for as long as someone else has a field in it.
		if found && version != c.Version || !found && c.RequestedAt == nil {
			return false
		}
		delete(versions, c.Name)
	}
	return len(versions) == 0
}

func applyConfiguration(cluster *v1alpha1.Cluster, wanted *v1alpha1.ClusterStatus) *applyv1alpha1.ClusterApplyConfiguration {
	status := applyv1alpha1.ClusterStatus().
		WithObservedGeneration(wanted.ObservedGeneration)
	if wanted.KubernetesVersion != "" {
		status.WithKubernetesVersion(wanted.KubernetesVersion)
	}
	if wanted.LastSeenTime != nil {
		status.WithLastSeenTime(*wanted.LastSeenTime)
	}
	if wanted.CredentialsExpireTime != nil {
		status.WithCredentialsExpireTime(*wanted.CredentialsExpireTime)
	}
	for _, c := range wanted.Conditions {
		status.WithConditions(metav1ac.Condition().
			WithType(c.Type).
			WithStatus(c.Status).
			WithReason(c.Reason).
			WithMessage(c.Message).
			WithObservedGeneration(c.ObservedGeneration).
			WithLastTransitionTime(c.LastTransitionTime))
	}
	for _, c := range wanted.Components {
		component := applyv1alpha1.ClusterComponentStatus().WithName(c.Name)
		if c.Version != "" {
			component.WithVersion(c.Version)
		}
		status.WithComponents(component)
	}
	return applyv1alpha1.Cluster(cluster.Name).WithUID(cluster.UID).WithStatus(status)
}
