package cluster

import (
	"context"
	"errors"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// needsAdministrator adds to what went wrong on a cluster what to do about it, when
// the stored credentials are not those of an administrator. It returns an API status.
func needsAdministrator(ctx context.Context, cluster *v1alpha1.Cluster, connection *connections.Connection, err error) error {
	failed := connection.Error(err)
	var status *apierrors.StatusError
	if !errors.As(failed, &status) || isAdministrator(ctx, connection) {
		return failed
	}
	status = &apierrors.StatusError{ErrStatus: *status.ErrStatus.DeepCopy()}
	status.ErrStatus.Message += " Cleanup needs the rights of cluster-admin: "
	if cluster.Spec.ExchangeCredentials {
		status.ErrStatus.Message += "set exchangeCredentials to false for the time of it, and "
	}
	status.ErrStatus.Message += "write a kubeconfig of an administrator."
	return status
}

// isAdministrator says whether the stored credentials may do everything, as also
// when the cluster does not say.
func isAdministrator(ctx context.Context, connection *connections.Connection) bool {
	everything := &authorizationv1.ResourceAttributes{Verb: "*", Group: "*", Resource: "*"}
	review, err := connection.Kubernetes().AuthorizationV1().SelfSubjectAccessReviews().Create(ctx,
		&authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: everything}}, metav1.CreateOptions{})
	return err != nil || review.Status.Allowed
}
