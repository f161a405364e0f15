package app

import (
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

// answer says what a revision runs.
func answer(revision *v1alpha1.AppRevision) v1alpha1.AppDeployStatus {
	return v1alpha1.AppDeployStatus{Revision: revision.Spec.Revision, Rendered: &revision.Spec.Rendered, Origins: revision.Spec.Origins}
}
