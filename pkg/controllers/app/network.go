package app

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/network"
)

// restrict writes the NetworkPolicy of the app's pods, as KubeNova itself: the
// tenant's identity must not be able to lift it. It comes before the pods.
func restrict(ctx context.Context, cluster clusters.Client, p place, wanted *v1alpha1.RenderedNetwork) error {
	desired := network.PolicyFor(wanted, p.tenant, p.project, p.app.Name)
	if desired == nil {
		return nil
	}
	_, err := cluster.Ensure(ctx, desired, clusters.Identity{})
	if base.NamespaceMissing(err) {
		return projectNotReady()
	}
	return err
}

// release removes the NetworkPolicy of an app that no longer wants one. The watch
// says whether there is one: what it has yet to see makes it ask again.
func release(ctx context.Context, cluster clusters.Client, p place, wanted *v1alpha1.RenderedNetwork) error {
	if network.PolicyFor(wanted, p.tenant, p.project, p.app.Name) != nil {
		return nil
	}
	live, found := cluster.Seen(clusters.NetworkPolicy, p.namespace(), network.Name(p.app.Name))
	if !found || !isOurs(live, p.app.Name) {
		return nil
	}
	return cluster.Delete(ctx, live, clusters.Identity{})
}

// forget removes the NetworkPolicy of an app that is deleted.
func forget(ctx context.Context, cluster clusters.Client, p place) error {
	live, err := cluster.GetLive(ctx, clusters.NetworkPolicy, p.namespace(), network.Name(p.app.Name))
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the NetworkPolicy: %w", err)
	case !isOurs(live, p.app.Name):
		return nil
	}
	return cluster.Delete(ctx, live, clusters.Identity{})
}

func ofNetworkPolicy(_ context.Context, e clusters.Event) []reconcile.Request {
	tenant, project, ok := base.SplitTargetNamespace(e.Namespace)
	app, ours := network.AppOf(e.Name)
	if !ok || !ours {
		return nil
	}
	return []reconcile.Request{base.Request(v1alpha1.ProjectNamespace(tenant, project), app)}
}
