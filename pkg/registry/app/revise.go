package app

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/apprevision"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// content says what the next revision of an app holds. It gets the app and the
// revisions that are kept of it, the newest first.
type content func(ctx context.Context, app *v1alpha1.App, kept []v1alpha1.AppRevision) (next, error)

// next is the answer of a content.
type next struct {
	// spec of the next revision; app and number are filled in.
	spec v1alpha1.AppRevisionSpec
	// there is a kept revision that does already, so that none is made.
	there *v1alpha1.AppRevision
}

// maxClaims bounds the attempts to claim a number while others deploy the same app.
const maxClaims = 32

var errTooMany = errors.New("other deploys of the app were faster each time; try again")

// revise makes the next revision of an app. It claims the number by creating the
// revision: the create fails for all but one of those who try the same number.
// Every attempt takes the number first and reads the app after it, so that a
// revision never holds an older app than the revision before it.
func (r *DeployREST) revise(ctx context.Context, name string, uid types.UID, of content, options *metav1.CreateOptions) (*v1alpha1.AppRevision, error) {
	if err := r.requireOpen(ctx, name); err != nil {
		return nil, err
	}
	for range maxClaims {
		numbered, err := r.revisionsOf(ctx, name)
		if err != nil {
			return nil, err
		}
		app, err := r.app(ctx, name)
		if err != nil {
			return nil, err
		}
		if uid != "" && uid != app.UID {
			return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, store.ErrRecreated)
		}
		made, err := of(ctx, app, keptOf(app, numbered))
		if err != nil || made.there != nil {
			return made.there, err
		}
		if err := r.definitions.check(ctx, app, made.spec); err != nil {
			return nil, err
		}
		obj, err := r.revisions.Create(store.InternalRequest(ctx, "create", "apprevisions"),
			newRevision(app, made.spec, nextNumber(app, numbered)), rest.ValidateAllObjectFunc, options)
		if apierrors.IsAlreadyExists(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		revision := obj.(*v1alpha1.AppRevision)
		return revision, r.recheck(ctx, app, revision, options)
	}
	return nil, apierrors.NewConflict(v1alpha1.Resource("apps"), name, errTooMany)
}

// revisionsOf returns the revisions under an app's name.
func (r *DeployREST) revisionsOf(ctx context.Context, app string) ([]v1alpha1.AppRevision, error) {
	obj, err := r.revisions.List(ctx, &internalversion.ListOptions{
		FieldSelector: fields.OneTermEqualSelector(apprevision.FieldApp, app),
	})
	if err != nil {
		return nil, err
	}
	return obj.(*v1alpha1.AppRevisionList).Items, nil
}

// nextNumber is above every number that is or was in use: what is deployed is
// the newest revision, so that a number which was seen in use is not used again,
// even if its revision was deleted by hand.
func nextNumber(app *v1alpha1.App, numbered []v1alpha1.AppRevision) int64 {
	last := app.Status.Revision
	for i := range numbered {
		last = max(last, numbered[i].Spec.Revision)
	}
	return last + 1
}

// recheck takes the revision back when the app went away meanwhile: whoever
// removed the app's revisions may not have seen this one, and an app of the same
// name would inherit it.
func (r *DeployREST) recheck(ctx context.Context, app *v1alpha1.App, revision *v1alpha1.AppRevision, options *metav1.CreateOptions) error {
	current, err := r.app(ctx, app.Name)
	if err == nil && current.UID != app.UID {
		err = apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name, store.ErrRecreated)
	}
	if err == nil || len(options.DryRun) > 0 {
		return err
	}
	deleteOptions := metav1.NewPreconditionDeleteOptions(string(revision.UID))
	_, _, deleteErr := r.revisions.Delete(store.InternalRequest(ctx, "delete", "apprevisions"), revision.Name, rest.ValidateAllObjectFunc, deleteOptions)
	if deleteErr != nil && !apierrors.IsNotFound(deleteErr) {
		return deleteErr
	}
	return err
}

func newRevision(app *v1alpha1.App, spec v1alpha1.AppRevisionSpec, number int64) *v1alpha1.AppRevision {
	spec = *spec.DeepCopy()
	spec.App, spec.Revision = app.Name, number
	return &v1alpha1.AppRevision{
		ObjectMeta: metav1.ObjectMeta{
			Name:            v1alpha1.RevisionName(app.Name, number),
			Namespace:       app.Namespace,
			OwnerReferences: []metav1.OwnerReference{v1alpha1.AppOwner(app)},
		},
		Spec: spec,
	}
}
