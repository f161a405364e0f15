package cluster

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/agent"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// warnAhead is how long before their end credentials are warned of.
const warnAhead = 7 * 24 * time.Hour

const (
	reasonExpiring = "Expiring"
	reasonExpired  = "Expired"
)

// expiry is when the credentials in use expire, and from when on that is a matter
// for people; zero when they do not say.
func (r *Reconciler) expiry(cluster *v1alpha1.Cluster) (expires, warn time.Time) {
	target, found := r.Runtimes.Get(cluster.Name)
	if !found || target.Expires().IsZero() {
		return time.Time{}, time.Time{}
	}
	expires = target.Expires()
	claims := target.Claims()
	if claims.Subject == agent.UserName(cluster.UID) {
		// KubeNova renews it by itself, unless it cannot.
		return expires, latest(expires.Add(-warnAhead), agent.RenewAt(claims).Add(expires.Sub(claims.IssuedAt)/6))
	}
	return expires, expires.Add(-warnAhead)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// untilWarning is how long to wait until there is something else to say of the
// credentials; 0 when nothing will change.
func untilWarning(now, expires, warn time.Time) time.Duration {
	if expires.IsZero() {
		return 0
	}
	for _, at := range []time.Time{warn, expires} {
		if at.After(now) {
			return at.Sub(now) + time.Second
		}
	}
	return 0
}

// credentialsFinding adds to what the cluster says of the credentials that they
// expire soon.
func credentialsFinding(found clusters.Finding, now, expires, warn time.Time) clusters.Finding {
	if expires.IsZero() || now.Before(warn) {
		return found
	}
	at := expires.UTC().Format(time.RFC3339)
	switch {
	case !expires.After(now) && found.Status != metav1.ConditionTrue:
		found.Reason, found.Message = reasonExpired, fmt.Sprintf("The credentials expired at %s; write a new kubeconfig.", at)
	case found.Status == metav1.ConditionTrue:
		found.Reason, found.Message = reasonExpiring, fmt.Sprintf("The API server accepts the credentials, which expire at %s; write a new kubeconfig before.", at)
	}
	return found
}

// warn tells of credentials that expire soon, by an Event, once: what the status
// says already was told.
func (r *Reconciler) warn(cluster *v1alpha1.Cluster, expires, warn time.Time) {
	if expires.IsZero() || r.Clock.Now().Before(warn) {
		return
	}
	for _, c := range cluster.Status.Conditions {
		if c.Type == v1alpha1.ClusterCredentialsValid && (c.Reason == reasonExpiring || c.Reason == reasonExpired) {
			return
		}
	}
	r.Recorder.Warn(cluster, "Probe", "CredentialsExpiring", "The credentials expire at %s; write a new kubeconfig.", expires.UTC().Format(time.RFC3339))
}
