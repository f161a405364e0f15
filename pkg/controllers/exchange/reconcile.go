package exchange

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/agent"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	bootstrapcontroller "github.com/kubenova/kubenova/pkg/controllers/bootstrap"
	typed "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// rightsAgain is the least time between two tokens that are issued only because
// rights were lacking.
const rightsAgain = 10 * time.Minute

// Reasons of the condition.
const (
	reasonExchanged     = "Exchanged"
	reasonPending       = "BootstrapPending"
	reasonFailed        = "ExchangeFailed"
	reasonRenewalFailed = "RenewalFailed"
)

// Reconciler exchanges credentials.
type Reconciler struct {
	Client   client.Reader
	Clusters typed.ClusterInterface
	Targets  *clusters.Set
	Recorder base.Recorder
	Clock    clock.PassiveClock
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var cluster v1alpha1.Cluster
	if err := r.Client.Get(ctx, request.NamespacedName, &cluster); err != nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if cluster.DeletionTimestamp != nil {
		return reconcile.Result{}, nil
	}
	if !cluster.Spec.ExchangeCredentials {
		return reconcile.Result{}, r.withdraw(ctx, &cluster)
	}
	target, found := r.Targets.Get(cluster.Name)
	key := clusters.Key{UID: string(cluster.UID), Revision: cluster.Spec.CredentialsRevision}
	if !found || target.Key() != key || target.Available() != nil {
		return reconcile.Result{}, nil // an event follows when that changes
	}
	if target.Claims().Subject == agent.UserName(cluster.UID) {
		return r.keep(ctx, &cluster, target)
	}
	if waiting := bootstrapcontroller.Pending(&cluster); len(waiting) > 0 {
		return reconcile.Result{}, r.report(ctx, &cluster, metav1.ConditionFalse, reasonPending, fmt.Sprintf(
			"The kubeconfig that was given is kept until %s is installed, which needs an administrator.", waiting[0].Name))
	}
	if err := r.issue(ctx, &cluster, target, true); err != nil {
		return reconcile.Result{}, r.failed(ctx, &cluster, metav1.ConditionFalse, reasonFailed, err)
	}
	return reconcile.Result{RequeueAfter: base.Recheck}, nil // until the new credentials are in use
}

// keep renews the token of the account when that is due.
func (r *Reconciler) keep(ctx context.Context, cluster *v1alpha1.Cluster, target *clusters.Target) (reconcile.Result, error) {
	claims, now := target.Claims(), r.Clock.Now()
	due := agent.RenewAt(claims)
	lacking := target.Health().Rights.Reason == "UnderPrivileged" && now.Sub(claims.IssuedAt) > rightsAgain
	if now.Before(due) && !lacking {
		return reconcile.Result{RequeueAfter: due.Sub(now) + time.Second}, r.report(ctx, cluster, metav1.ConditionTrue, reasonExchanged, fmt.Sprintf(
			"KubeNova works as the service account %s/%s, and has forgotten the kubeconfig that was given. The token is renewed at %s.",
			agent.Namespace, agent.AccountName(cluster.UID), due.Format(time.RFC3339)))
	}
	if err := r.issue(ctx, cluster, target, false); err != nil {
		return reconcile.Result{}, r.failed(ctx, cluster, metav1.ConditionTrue, reasonRenewalFailed, err)
	}
	return reconcile.Result{RequeueAfter: base.Recheck}, nil
}
