package project

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// cleanup removes what the project has, in order, and returns nil when all of
// it is gone: apps, revisions that an app left, the namespace on the cluster,
// the namespace on the API.
func (r *Reconciler) cleanup(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	orphan := v1alpha1.CascadeRecorded(project) == v1alpha1.CascadeOrphan
	if orphan {
		if err := r.record(ctx, project, tenant); err != nil {
			return err
		}
	}
	namespace := v1alpha1.ProjectNamespace(tenant, project.Name)
	for _, children := range []struct {
		list         client.ObjectList
		reason, what string
	}{
		{&v1alpha1.AppList{}, "AppsRemain", "apps"},
		{&v1alpha1.AppRevisionList{}, "RevisionsRemain", "revisions"},
	} {
		count, err := base.DeleteChildren(ctx, r.Live, r.Client, children.list, client.InNamespace(namespace))
		if err != nil {
			return err
		}
		if count > 0 {
			return base.Waiting(children.reason, fmt.Sprintf("Waiting for the project's %s to be deleted: %s.", children.what, base.NamesOf(children.list)))
		}
	}
	if !orphan {
		if err := r.removeNamespace(ctx, project, tenant); err != nil {
			return err
		}
	}
	if err := r.revokeOnHost(ctx, project, tenant); err != nil {
		return err
	}
	gone, err := r.Host.Remove(ctx, namespace, labels(tenant, project.Name))
	if err != nil {
		return err
	}
	if !gone {
		return base.Waiting("HostNamespaceRemains", "Waiting for the namespace "+namespace+" on the API to be deleted.")
	}
	return nil
}

// record writes down that the project is to be let go of. With its tenant it is
// by that one's record.
func (r *Reconciler) record(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	with, err := base.IsOrphaned(ctx, r.Live, client.ObjectKey{Name: tenant}, &v1alpha1.Tenant{})
	if err != nil || with {
		return err
	}
	return r.Placement.RecordOrphan(ctx, r.Client, project, tenant, project.Name)
}

func (r *Reconciler) removeNamespace(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	cluster, err := r.Placement.ForCleanup(ctx, tenant)
	if err != nil || cluster == nil {
		return err
	}
	return removeFrom(ctx, cluster, project, tenant)
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
	return base.Waiting("NamespaceRemains", "Waiting for the namespace "+name+" to be deleted on the cluster."+remaining(live))
}

// remaining is what the cluster says keeps a namespace.
func remaining(namespace *unstructured.Unstructured) string {
	conditions, _, _ := unstructured.NestedSlice(namespace.Object, "status", "conditions")
	var out string
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if ok && condition["status"] == "True" {
			if message, _ := condition["message"].(string); message != "" {
				out += " " + message + "."
			}
		}
	}
	return out
}
