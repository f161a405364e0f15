package project

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// cleanup removes what the project has, in order, and returns nil when all of
// it is gone: apps, revisions that an app left, the namespace on the cluster,
// the namespace on the API.
func (r *Reconciler) cleanup(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	namespace := v1alpha1.ProjectNamespace(tenant, project.Name)
	for _, children := range []struct {
		list client.ObjectList
		what string
	}{
		{&v1alpha1.AppList{}, "apps"},
		{&v1alpha1.AppRevisionList{}, "revisions"},
	} {
		count, err := base.DeleteChildren(ctx, r.Live, r.Client, children.list, client.InNamespace(namespace))
		if err != nil {
			return err
		}
		if count > 0 {
			return deleting("Waiting for the project's " + children.what + " to be deleted.")
		}
	}
	cluster, err := r.Placement.ForCleanup(ctx, tenant)
	if err != nil {
		return err
	}
	if cluster != nil {
		if err := removeFrom(ctx, cluster, project, tenant); err != nil {
			return err
		}
	}
	gone, err := r.Host.Remove(ctx, namespace, labels(tenant, project.Name))
	if err != nil {
		return err
	}
	if !gone {
		return deleting("Waiting for the project's namespace on the API to be deleted.")
	}
	return nil
}

// removeFrom removes the project's namespace from its cluster.
func removeFrom(ctx context.Context, cluster clusters.Client, project *v1alpha1.Project, tenant string) error {
	name := v1alpha1.TargetNamespace(tenant, project.Name)
	live, err := cluster.GetLive(ctx, clusters.Namespace, "", name)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the namespace %s: %w", name, err)
	case !isOurs(live, project, tenant):
		return nil
	case live.GetDeletionTimestamp() == nil:
		if err := cluster.Delete(ctx, live, clusters.Identity{}); err != nil {
			return err
		}
	}
	return deleting("Waiting for the project's namespace on the cluster to be deleted.")
}

func deleting(message string) error {
	return &base.Blocked{Reason: "Deleting", Message: message, Recheck: base.Recheck}
}
