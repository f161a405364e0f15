package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

var errNeverDeployed = errors.New("the app was never deployed")

// keptOf returns those of the revisions that belong to an app and not to an
// earlier one of its name, the newest first.
func keptOf(app *v1alpha1.App, revisions []v1alpha1.AppRevision) (kept []v1alpha1.AppRevision) {
	for _, revision := range revisions {
		if slices.ContainsFunc(revision.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == app.UID }) {
			kept = append(kept, revision)
		}
	}
	slices.SortFunc(kept, func(a, b v1alpha1.AppRevision) int { return cmp.Compare(b.Spec.Revision, a.Spec.Revision) })
	return kept
}

// newest returns the content of the newest revision once more.
func newest(_ context.Context, app *v1alpha1.App, kept []v1alpha1.AppRevision) (next, error) {
	if len(kept) == 0 {
		return next{}, apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name, errNeverDeployed)
	}
	return repeat(app, kept[0], kept[0].Spec.RollbackOf)
}

// earlier returns the content of the revision with a number, and for 0 that of
// the last one before the newest that had another content. The newest is returned
// as it is when it has that content already, so that to roll back to a number
// twice is to roll back once.
func earlier(number int64) content {
	return func(_ context.Context, app *v1alpha1.App, kept []v1alpha1.AppRevision) (next, error) {
		if len(kept) == 0 {
			return next{}, apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name, errNeverDeployed)
		}
		wanted := cmp.Or(number, before(kept))
		if wanted == 0 {
			return next{}, apierrors.NewConflict(v1alpha1.Resource("apps"), app.Name,
				fmt.Errorf("no revision with another content is kept from before revision %d", came(kept[0])))
		}
		at := slices.IndexFunc(kept, func(r v1alpha1.AppRevision) bool { return r.Spec.Revision == wanted })
		switch {
		case at < 0:
			return next{}, unknownRevision(app, wanted)
		case at == 0, number != 0 && kept[0].Spec.RollbackOf == wanted:
			return next{there: &kept[0]}, nil
		}
		return repeat(app, kept[at], wanted)
	}
}

// before returns the number of the last revision with another content than the
// newest, before that which the newest came from: who rolls back again and again
// goes further back each time, and never forth. 0 means that none is kept.
func before(kept []v1alpha1.AppRevision) int64 {
	for _, revision := range kept {
		if revision.Spec.Revision < came(kept[0]) && !render.Same(revision.Spec.Rendered, kept[0].Spec.Rendered) {
			return revision.Spec.Revision
		}
	}
	return 0
}

// came returns the number of the revision that a revision's content came from.
func came(revision v1alpha1.AppRevision) int64 {
	return cmp.Or(revision.Spec.RollbackOf, revision.Spec.Revision)
}

// unknownRevision names a revision that is not kept.
func unknownRevision(app *v1alpha1.App, number int64) error {
	err := apierrors.NewNotFound(v1alpha1.Resource("apprevisions"), v1alpha1.RevisionName(app.Name, number))
	err.ErrStatus.Message = fmt.Sprintf("app %q has no revision %d", app.Name, number)
	return err
}

// repeat makes the content of a revision that of the next one. What may be
// deployed can have changed since.
func repeat(app *v1alpha1.App, revision v1alpha1.AppRevision, rollbackOf int64) (next, error) {
	if errs := render.Check(revision.Spec.Rendered); len(errs) > 0 {
		return next{}, invalid(app, errs)
	}
	spec := revision.Spec
	spec.RollbackOf = rollbackOf
	return next{spec: spec}, nil
}
