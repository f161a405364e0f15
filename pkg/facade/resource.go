package facade

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// resource is one kind as the facade uses it, in one namespace where it has any.
type resource[T metav1.Object, L metav1.ListInterface] struct {
	kind   string
	client typedClient[T, L]
	items  func(L) []T
}

// typedClient is what the generated clients of all kinds have in common.
type typedClient[T metav1.Object, L metav1.ListInterface] interface {
	Get(ctx context.Context, name string, opts metav1.GetOptions) (T, error)
	List(ctx context.Context, opts metav1.ListOptions) (L, error)
	Create(ctx context.Context, object T, opts metav1.CreateOptions) (T, error)
	Update(ctx context.Context, object T, opts metav1.UpdateOptions) (T, error)
	Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error
	Watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error)
}

// find returns the object that a path segment means: a uid where it has the form
// of one, else a name. What the caller may not see is not found.
func (r resource[T, L]) find(ctx context.Context, id string) (T, error) {
	object, err := r.read(ctx, id)
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return object, r.missing(id)
	}
	return object, err
}

func (r resource[T, L]) read(ctx context.Context, id string) (T, error) {
	var none T
	if !v1alpha1.IsUUID(id) {
		if len(validation.IsDNS1123Label(id)) > 0 {
			return none, r.missing(id)
		}
		return r.client.Get(ctx, id, metav1.GetOptions{})
	}
	selector := fields.OneTermEqualSelector("metadata.uid", id).String()
	list, err := r.client.List(ctx, metav1.ListOptions{FieldSelector: selector})
	if err != nil {
		return none, err
	}
	if items := r.items(list); len(items) > 0 {
		return items[0], nil
	}
	return none, r.missing(id)
}

func (r resource[T, L]) missing(id string) error {
	return notFound("there is no %s %q here", r.kind, id)
}

// change finds an object, edits it and writes it back. Without If-Match it starts
// over a few times when someone else wrote in between; with it that is 412.
func (r resource[T, L]) change(c *call, find func() (T, error), edit func(T) error) (T, error) {
	var written T
	wanted, err := parseIfMatch(c.request.Header)
	if err != nil {
		return written, err
	}
	backoff := retry.DefaultRetry
	if wanted.given {
		backoff.Steps = 1
	}
	err = retry.RetryOnConflict(backoff, func() error {
		object, err := find()
		if err != nil {
			return err
		}
		if !wanted.match(object.GetResourceVersion()) {
			return preconditionFailed()
		}
		if err := edit(object); err != nil {
			return err
		}
		written, err = r.client.Update(c.ctx(), object, c.updateOptions())
		return err
	})
	if wanted.given && apierrors.IsConflict(err) {
		return written, preconditionFailed()
	}
	return written, err
}

// remove deletes an object that was found, and never one that was made under its
// name since.
func (r resource[T, L]) remove(c *call, object T) error { return r.removeWith(c, object, nil) }

// removeWith is remove with a propagation policy for what depends on the object.
func (r resource[T, L]) removeWith(c *call, object T, policy *metav1.DeletionPropagation) error {
	if err := c.decodeNothing(); err != nil {
		return err
	}
	wanted, err := parseIfMatch(c.request.Header)
	if err != nil {
		return err
	}
	uid, version := object.GetUID(), object.GetResourceVersion()
	preconditions := &metav1.Preconditions{UID: &uid}
	if wanted.given {
		if !wanted.match(version) {
			return preconditionFailed()
		}
		preconditions.ResourceVersion = &version
	}
	err = r.client.Delete(c.ctx(), object.GetName(), metav1.DeleteOptions{
		DryRun: c.dryRun, Preconditions: preconditions, PropagationPolicy: policy,
	})
	if wanted.given && apierrors.IsConflict(err) && r.changed(c.ctx(), object) {
		return preconditionFailed()
	}
	return err
}

// changed tells a conflict about the version of an object from any other, such
// as a cluster that still has tenants.
func (r resource[T, L]) changed(ctx context.Context, object T) bool {
	current, err := r.client.Get(ctx, object.GetName(), metav1.GetOptions{})
	return err == nil && current.GetResourceVersion() != object.GetResourceVersion()
}
