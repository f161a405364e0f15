package project

import (
	"context"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// ensureAccess gives the project's members their roles in its namespace, and
// takes away the roles that no member has any more. Those of members who went
// are taken away first.
func ensureAccess(ctx context.Context, cluster clusters.Client, project *v1alpha1.Project, tenant string) error {
	namespace := v1alpha1.TargetNamespace(tenant, project.Name)
	for _, role := range targetrbac.Roles() {
		if len(targetrbac.For(tenant, project, role)) > 0 {
			continue
		}
		for _, kind := range []clusters.Kind{clusters.RoleBinding, clusters.Role} {
			left, found := cluster.Seen(kind, namespace, targetrbac.Name(role))
			if !found || left.GetDeletionTimestamp() != nil {
				continue
			}
			if err := cluster.Delete(ctx, left, clusters.Identity{}); err != nil {
				return err
			}
		}
	}
	for _, role := range targetrbac.Roles() {
		for _, object := range targetrbac.For(tenant, project, role) {
			if _, err := cluster.Ensure(ctx, object, clusters.Identity{}); err != nil {
				return err
			}
		}
	}
	return nil
}
