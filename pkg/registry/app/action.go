package app

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// action is what the subresources of apps that do something have in common:
// their body is created, and a uid in it is a precondition.
type action[T any, P interface {
	*T
	store.Object
}] struct{}

// PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate implements
// rest.SubresourceObjectMetaPreserver: a uid in the body is a precondition.
func (action[T, P]) PreserveRequestObjectMetaSystemFieldsOnSubresourceCreate() bool { return true }

// New implements rest.Storage.
func (action[T, P]) New() runtime.Object { return P(new(T)) }

// Destroy implements rest.Storage: the main paths own the underlying stores.
func (action[T, P]) Destroy() {}

// beingDeleted says that an app is gone for all that could be done with it, although
// what it ran may still be on its cluster.
func beingDeleted(name string) error {
	gone := apierrors.NewNotFound(v1alpha1.Resource("apps"), name)
	gone.ErrStatus.Message = fmt.Sprintf("the app %q is being deleted", name)
	return gone
}

// unlessGone returns why an action is refused: that there is no such app comes before
// what is wrong with the request for it.
func (r *DeployREST) unlessGone(ctx context.Context, name string, refusal error) error {
	if _, err := r.app(ctx, name); err != nil {
		return err
	}
	return refusal
}

// answer says what a revision runs.
func answer(revision *v1alpha1.AppRevision) v1alpha1.AppDeployStatus {
	return v1alpha1.AppDeployStatus{Revision: revision.Spec.Revision, Rendered: &revision.Spec.Rendered, Origins: revision.Spec.Origins}
}
