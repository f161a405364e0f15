package project

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/hostrbac"
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

// grantOnHost lets owners and members through to the project on the host cluster.
func (r *Reconciler) grantOnHost(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	var parent v1alpha1.Tenant
	if err := r.Client.Get(ctx, client.ObjectKey{Name: tenant}, &parent); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading the tenant %s: %w", tenant, err)
	}
	return r.Host.Grant(ctx, hostrbac.ForProject(tenant, parent.Spec.Owners, project))
}

// revokeOnHost takes away what members have in the tenant's namespace; the rest
// goes with the project's own.
func (r *Reconciler) revokeOnHost(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	for _, access := range hostrbac.ForProject(tenant, nil, project) {
		if err := r.Host.Revoke(ctx, access); err != nil {
			return err
		}
	}
	return nil
}
