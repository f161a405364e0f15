package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/pkg/agent"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

const (
	// issueTimeout bounds all that is done on a cluster at a time.
	issueTimeout = 45 * time.Second
	// effectTimeout bounds the wait for new rights to be in effect.
	effectTimeout = 15 * time.Second
)

// issue stores a token of the cluster's account in place of its credentials, once
// the cluster has accepted it. With the credentials that were given, first, the
// account is made before.
func (r *Reconciler) issue(ctx context.Context, cluster *v1alpha1.Cluster, target *clusters.Target, first bool) error {
	stored, err := r.Clusters.GetKubeconfig(ctx, cluster.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the credentials: %w", err)
	}
	if same, err := inUse(stored, cluster, target); err != nil || !same {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, issueTimeout)
	defer cancel()
	token, err := r.token(bounded, cluster, target, first)
	if err != nil {
		return err
	}
	file, err := kubeconfig.WithToken(stored.Spec.Kubeconfig, token)
	if err != nil {
		return err
	}
	if err := accepted(bounded, cluster, target, file); err != nil {
		return err
	}
	// What someone wrote in between stays.
	write := &v1alpha1.ClusterKubeconfig{
		ObjectMeta: metav1.ObjectMeta{Name: cluster.Name, UID: cluster.UID, ResourceVersion: stored.ResourceVersion},
		Spec:       v1alpha1.ClusterKubeconfigSpec{Kubeconfig: file},
	}
	if _, err := r.Clusters.CreateKubeconfig(ctx, cluster.Name, write, metav1.CreateOptions{}); err != nil && !apierrors.IsConflict(err) {
		return fmt.Errorf("storing the token: %w", err)
	}
	return nil
}

// inUse says whether the stored credentials are those that the target has: others
// were written since, and will be told of.
func inUse(stored *v1alpha1.ClusterKubeconfig, cluster *v1alpha1.Cluster, target *clusters.Target) (bool, error) {
	if stored.Spec.ClusterUID != string(cluster.UID) {
		return false, nil
	}
	config, err := kubeconfig.RESTConfig(stored.Spec.Kubeconfig)
	if err != nil {
		return false, err
	}
	return kubeconfig.TokenClaims(config.BearerToken) == target.Claims(), nil
}

func (r *Reconciler) token(ctx context.Context, cluster *v1alpha1.Cluster, target *clusters.Target, first bool) (string, error) {
	client, err := kubernetes.NewForConfig(target.RESTConfig())
	if err != nil {
		return "", fmt.Errorf("making a client: %w", err)
	}
	account := agent.Agent{Cluster: cluster.UID, Client: client}
	if first {
		err = errors.Join(account.Create(ctx), bootstrap.Admit(ctx, target.RESTConfig(), agent.UserName(cluster.UID)))
	} else {
		_, err = account.Update(ctx)
	}
	if err != nil {
		return "", err
	}
	return account.Token(ctx, r.Clock.Now())
}

// accepted waits until the cluster takes a kubeconfig for the account's, with all of
// its rights: without that, nothing that works is given up.
func accepted(ctx context.Context, cluster *v1alpha1.Cluster, target *clusters.Target, file []byte) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, effectTimeout, true, func(ctx context.Context) (bool, error) {
		user, rights, err := target.Try(ctx, file)
		switch {
		case err != nil:
			last = err
		case user != agent.UserName(cluster.UID):
			last = fmt.Errorf("the cluster takes the token for one of %q", user)
		case rights.Reason == "UnderPrivileged":
			last = errors.New(rights.Message)
		default:
			return true, nil
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("the token of the service account is not accepted: %w", errors.Join(last, ctx.Err()))
	}
	return nil
}
