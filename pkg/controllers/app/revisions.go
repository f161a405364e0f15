package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// IndexApp is the index of revisions' metadata by the app that they are of.
const IndexApp = "app"

// defaultHistory is the number of former revisions that are kept.
const defaultHistory = 10

// Index adds the index of revisions to a cache.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	err := indexer.IndexField(ctx, revisionMetadata(), IndexApp, func(object client.Object) []string {
		app, _, ok := splitRevisionName(object.GetName())
		if !ok {
			return nil
		}
		return []string{app}
	})
	if err != nil {
		return fmt.Errorf("indexing revisions by app: %w", err)
	}
	return nil
}

// splitRevisionName is the inverse of v1alpha1.RevisionName. The server accepts
// no other name for a revision.
func splitRevisionName(name string) (app string, number int64, ok bool) {
	at := strings.LastIndexByte(name, '-')
	if at < 1 {
		return "", 0, false
	}
	number, err := strconv.ParseInt(name[at+1:], 10, 64)
	if err != nil || number < 1 || v1alpha1.RevisionName(name[:at], number) != name {
		return "", 0, false
	}
	return name[:at], number, true
}

// numbered is the metadata of a revision with its number.
type numbered struct {
	metav1.PartialObjectMetadata
	number int64
}

// revisions returns the metadata of an app's revisions, the newest first. One
// that an earlier app of the same name left behind does not count.
func (r *Reconciler) revisions(ctx context.Context, app *v1alpha1.App) ([]numbered, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("AppRevisionList"))
	if err := r.Client.List(ctx, list, client.InNamespace(app.Namespace), client.MatchingFields{IndexApp: app.Name}); err != nil {
		return nil, fmt.Errorf("listing the revisions of %s: %w", base.Title(app), err)
	}
	out := make([]numbered, 0, len(list.Items))
	for _, item := range list.Items {
		if _, number, ok := splitRevisionName(item.Name); ok && ownedBy(item.OwnerReferences, app) {
			out = append(out, numbered{item, number})
		}
	}
	slices.SortFunc(out, func(a, b numbered) int { return cmp.Compare(b.number, a.number) })
	return out, nil
}

// stamps are those of the app and of its newest revision: a deploy creates that one.
func (r *Reconciler) stamps(ctx context.Context, request reconcile.Request) []string {
	var app v1alpha1.App
	if err := r.Client.Get(ctx, request.NamespacedName, &app); err != nil {
		return nil // the reconciler reads it as well, and says so
	}
	out := []string{app.Annotations[v1alpha1.AnnotationTrace]}
	if revisions, err := r.revisions(ctx, &app); err == nil && len(revisions) > 0 {
		out = append(out, revisions[0].Annotations[v1alpha1.AnnotationTrace])
	}
	return out
}

func ownedBy(owners []metav1.OwnerReference, app *v1alpha1.App) bool {
	return slices.ContainsFunc(owners, func(owner metav1.OwnerReference) bool { return owner.UID == app.UID })
}

// newest reads the revision that is meant to run; nil when there is none.
func (r *Reconciler) newest(ctx context.Context, revisions []numbered) (*v1alpha1.AppRevision, error) {
	if len(revisions) == 0 {
		return nil, nil
	}
	var out v1alpha1.AppRevision
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(&revisions[0].PartialObjectMetadata), &out); err != nil {
		return nil, fmt.Errorf("reading the revision %s/%s: %w", revisions[0].Namespace, revisions[0].Name, err)
	}
	return &out, nil
}

// prune deletes the revisions beyond the app's limit, never the newest.
func (r *Reconciler) prune(ctx context.Context, app *v1alpha1.App, revisions []numbered) error {
	keep := 1 + defaultHistory
	if limit := app.Spec.RevisionHistoryLimit; limit != nil {
		keep = 1 + int(*limit)
	}
	if len(revisions) <= keep {
		return nil
	}
	return r.deleteRevisions(ctx, revisions[keep:])
}

func (r *Reconciler) deleteRevisions(ctx context.Context, revisions []numbered) error {
	for i := range revisions {
		revision := &revisions[i].PartialObjectMetadata
		err := r.Client.Delete(ctx, revision, client.Preconditions{UID: &revision.UID})
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("deleting the revision %s/%s: %w", revision.Namespace, revision.Name, err)
		}
	}
	return nil
}
