package app

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// cleanup removes what the app has, in order, and returns nil when all of it is
// gone: the Application with what it runs, then what restricts its pods, then the
// revisions. An app whose project is let go of leaves the first two as they are.
func (r *Reconciler) cleanup(ctx context.Context, p place) error {
	inProject := client.ObjectKey{Namespace: v1alpha1.TenantNamespace(p.tenant), Name: p.project}
	letGo, err := base.IsOrphaned(ctx, r.Live, inProject, &v1alpha1.Project{})
	if err != nil {
		return err
	}
	var cluster clusters.Client
	if !letGo {
		if cluster, err = r.Placement.ForCleanup(ctx, p.tenant); err != nil {
			return err
		}
	}
	if cluster != nil {
		if err := remove(ctx, cluster, p); err != nil {
			return err
		}
		if err := forget(ctx, cluster, p); err != nil {
			return err
		}
	}
	for range maxPages {
		left, err := r.deleteAllRevisions(ctx, p.app)
		if err != nil || left == 0 {
			return err
		}
	}
	return &base.Blocked{Reason: "RevisionsRemain", Message: "Deleting the app's revisions.", Recheck: time.Second}
}

// maxPages bounds the pages of revisions that are deleted at a time.
const maxPages = 10

// deleteAllRevisions deletes the revisions of an app, read from the API: the
// cache may not know the youngest.
func (r *Reconciler) deleteAllRevisions(ctx context.Context, app *v1alpha1.App) (int, error) {
	var list v1alpha1.AppRevisionList
	err := r.Live.List(ctx, &list, client.InNamespace(app.Namespace), client.MatchingFields{"spec.app": app.Name}, client.Limit(100))
	if err != nil {
		return 0, fmt.Errorf("listing the revisions of %s: %w", base.Title(app), err)
	}
	for i := range list.Items {
		uid := list.Items[i].UID
		err := r.Client.Delete(ctx, &list.Items[i], client.Preconditions{UID: &uid})
		if err != nil && !apierrors.IsNotFound(err) {
			return 0, fmt.Errorf("deleting the revision %s: %w", list.Items[i].Name, err)
		}
	}
	return len(list.Items), nil
}

// remove deletes the Application, and is Blocked until it is gone: its
// finalizer stands for everything that it runs.
func remove(ctx context.Context, cluster clusters.Client, p place) error {
	live, err := cluster.GetLive(ctx, clusters.Application, p.namespace(), p.app.Name)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the Application: %w", err)
	case !isOurs(live, p.app.Name):
		return nil
	case live.GetDeletionTimestamp() == nil:
		if err := cluster.Delete(ctx, live, clusters.Identity{}); err != nil {
			return err
		}
	}
	return base.Waiting("ApplicationRemains", "Waiting for the Application "+p.app.Name+" and what it runs to be deleted on the cluster.")
}
