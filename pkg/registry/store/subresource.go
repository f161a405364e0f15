package store

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// ErrRecreated says that an object is not the one that a caller meant.
var ErrRecreated = errors.New("it was deleted and created again meanwhile")

// NameFromPath gives the body of an action the name in its path. A body that
// names another object is refused.
func NameFromPath(body metav1.Object, name string) error {
	if body.GetName() != "" && body.GetName() != name {
		return apierrors.NewBadRequest(fmt.Sprintf("metadata.name %q does not match the name in the path, %q", body.GetName(), name))
	}
	body.SetName(name)
	return nil
}

// Begin checks the body of an action on the object of a name.
func Begin(ctx context.Context, body Object, name string, validate rest.ValidateObjectFunc) error {
	if err := NameFromPath(body, name); err != nil {
		return err
	}
	if validate == nil {
		return nil
	}
	return validate(ctx, body.DeepCopyObject())
}

// InternalRequest makes a write that a subresource does to another resource look
// like a request for that resource: declarative validation reads resource and
// subresource from the request. Namespace and user stay those of the caller.
func InternalRequest(ctx context.Context, verb, resource string) context.Context {
	namespace := genericapirequest.NamespaceValue(ctx)
	return genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{
		IsResourceRequest: true,
		Verb:              verb,
		APIGroup:          v1alpha1.GroupName,
		APIVersion:        v1alpha1.SchemeGroupVersion.Version,
		Namespace:         namespace,
		Resource:          resource,
	})
}

// UpdateInternally updates the object that a subresource belongs to. Conflicts
// are retried by the store, since info derives the new object from the stored one.
func UpdateInternally(ctx context.Context, s *genericregistry.Store, name, resource string, info rest.UpdatedObjectInfo, dryRun ...string) error {
	_, err := UpdatedInternally(ctx, s, name, resource, info, dryRun...)
	return err
}

// UpdatedInternally does what UpdateInternally does and returns the object.
func UpdatedInternally(ctx context.Context, s *genericregistry.Store, name, resource string, info rest.UpdatedObjectInfo, dryRun ...string) (runtime.Object, error) {
	updated, _, err := s.Update(InternalRequest(ctx, "update", resource), name, info,
		rest.ValidateAllObjectFunc, rest.ValidateAllObjectUpdateFunc, false, &metav1.UpdateOptions{DryRun: dryRun})
	return updated, err
}
