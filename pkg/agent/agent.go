package agent

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

const (
	fieldManager = "kubenova-agent"
	// tokenLifetime is asked for; a cluster may give less.
	tokenLifetime = 30 * 24 * time.Hour
	// leastLifetime is the least that is of use: token requests take no less.
	leastLifetime = 5 * time.Minute
)

// Agent is the ServiceAccount of one registered cluster.
type Agent struct {
	// Cluster is the uid of the Cluster.
	Cluster types.UID
	// Client reaches the cluster with the credentials that there are so far.
	Client kubernetes.Interface
}

// Create makes the account with its rights, or makes them what they should be. It
// needs an administrator.
func (a Agent) Create(ctx context.Context) error {
	if err := a.ensureNamespace(ctx); err != nil {
		return err
	}
	owner, err := a.Update(ctx)
	if err != nil {
		return err
	}
	if _, err := a.Client.CoreV1().ServiceAccounts(Namespace).Apply(ctx, account(a.Cluster, owner), options()); err != nil {
		return fmt.Errorf("making the service account %s: %w", AccountName(a.Cluster), err)
	}
	if _, err := a.Client.RbacV1().ClusterRoleBindings().Apply(ctx, binding(a.Cluster, owner), options()); err != nil {
		return fmt.Errorf("making the cluster role binding %s: %w", RoleName(a.Cluster), err)
	}
	return nil
}

// Update makes the rights of the account those that this version of KubeNova needs.
// The account itself may do that.
func (a Agent) Update(ctx context.Context) (*rbacv1.ClusterRole, error) {
	out, err := a.Client.RbacV1().ClusterRoles().Apply(ctx, role(a.Cluster), options())
	if err != nil {
		return nil, fmt.Errorf("making the cluster role %s: %w", RoleName(a.Cluster), err)
	}
	return out, nil
}

// Token issues a token of the account. The account itself may do that.
func (a Agent) Token(ctx context.Context, now time.Time) (string, error) {
	seconds := int64(tokenLifetime / time.Second)
	answer, err := a.Client.CoreV1().ServiceAccounts(Namespace).CreateToken(ctx, AccountName(a.Cluster),
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("asking for a token of the service account %s: %w", AccountName(a.Cluster), err)
	}
	claims := kubeconfig.TokenClaims(answer.Status.Token)
	if claims.Subject != UserName(a.Cluster) || claims.Expires.Sub(now) < leastLifetime {
		return "", fmt.Errorf("the cluster issued a token for %q until %s, which is not one of the service account %s that is of use",
			claims.Subject, claims.Expires.Format(time.RFC3339), AccountName(a.Cluster))
	}
	return answer.Status.Token, nil
}

// RenewAt is when a token is to be replaced, after two thirds of its time.
func RenewAt(claims kubeconfig.Claims) time.Time {
	return claims.Expires.Add(-claims.Expires.Sub(claims.IssuedAt) / 3)
}

// Remove ends the account and all of its tokens. The account itself may do that.
func (a Agent) Remove(ctx context.Context) error {
	background := metav1.DeletePropagationBackground
	err := a.Client.RbacV1().ClusterRoles().Delete(ctx, RoleName(a.Cluster), metav1.DeleteOptions{PropagationPolicy: &background})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing the cluster role %s: %w", RoleName(a.Cluster), err)
	}
	return nil
}

// ensureNamespace makes the namespace of the account. One that belongs to a tenant
// would hand the account to it, and is refused.
func (a Agent) ensureNamespace(ctx context.Context) error {
	found, err := a.Client.CoreV1().Namespaces().Get(ctx, Namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		found, err = a.Client.CoreV1().Namespaces().Apply(ctx, namespace(), options())
	}
	if err != nil {
		return fmt.Errorf("making the namespace %s: %w", Namespace, err)
	}
	if belongsToTenant(found) {
		return fmt.Errorf("the namespace %s of the cluster belongs to a tenant; remove it", Namespace)
	}
	return nil
}

func options() metav1.ApplyOptions {
	return metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
}
