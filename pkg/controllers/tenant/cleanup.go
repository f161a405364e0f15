package tenant

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// cleanup removes what the tenant has, in order, and returns nil when all of it
// is gone: issued kubeconfigs, projects (which remove their apps, wait, and then
// their namespaces), policy sets, the Capsule Tenant, what gave rights, the
// namespace on the API. Capsule strips the finalizers of what is left in a tenant,
// which would orphan what KubeVela keeps.
func (r *Reconciler) cleanup(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if v1alpha1.CascadeRecorded(tenant) == v1alpha1.CascadeOrphan {
		return r.letGo(ctx, tenant)
	}
	cluster, away := r.Placement.ForCleanup(ctx, tenant.Name)
	if away == nil && cluster != nil {
		if err := unlock(ctx, cluster, tenant); err != nil {
			return err
		}
	}
	if err := r.deleteChildren(ctx, tenant, v1alpha1.CascadeDelete); err != nil {
		return errors.Join(err, away)
	}
	if away != nil {
		return away
	}
	if cluster != nil {
		if err := removeFrom(ctx, cluster, tenant.Name); err != nil {
			return err
		}
		if err := r.removeOwnerRole(ctx, cluster, tenant.Spec.ClusterRef.Name); err != nil {
			return err
		}
	}
	return r.removeHostNamespace(ctx, tenant)
}

// letGo forgets the tenant without its cluster: what is to be done there is
// written down first, and done when the cluster can be worked with.
func (r *Reconciler) letGo(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if err := r.Placement.RecordOrphan(ctx, r.Client, tenant, tenant.Name, ""); err != nil {
		return err
	}
	if err := r.deleteChildren(ctx, tenant, v1alpha1.CascadeOrphan); err != nil {
		return err
	}
	return r.removeHostNamespace(ctx, tenant)
}

// deleteChildren deletes what is in the tenant on the API, one kind after the other.
func (r *Reconciler) deleteChildren(ctx context.Context, tenant *v1alpha1.Tenant, cascade v1alpha1.Cascade) error {
	for _, children := range []struct {
		list client.ObjectList
		// cascade is for those alone that have something on the cluster to let go of:
		// of others it asks the garbage collector for something, if there is one.
		cascade      v1alpha1.Cascade
		reason, what string
	}{
		{&v1alpha1.AccessGrantList{}, v1alpha1.CascadeNone, "KubeconfigsRemain", "issued kubeconfigs to be revoked"},
		{&v1alpha1.ProjectList{}, cascade, "ProjectsRemain", "projects to be deleted; their own conditions say what they wait for"},
		{&v1alpha1.PolicySetList{}, v1alpha1.CascadeNone, "PolicySetsRemain", "policy sets to be deleted"},
		{&v1alpha1.UsageHistoryList{}, v1alpha1.CascadeNone, "UsageRemains", "samples of usage to be deleted"},
	} {
		count, err := base.DeleteChildrenWith(ctx, r.Live, r.Client, children.cascade, children.list, client.InNamespace(v1alpha1.TenantNamespace(tenant.Name)))
		if err != nil {
			return err
		}
		if count > 0 {
			return base.Waiting(children.reason, fmt.Sprintf("Waiting for the tenant's %s: %s.", children.what, base.NamesOf(children.list)))
		}
	}
	return nil
}

func (r *Reconciler) removeHostNamespace(ctx context.Context, tenant *v1alpha1.Tenant) error {
	gone, err := r.Host.Remove(ctx, v1alpha1.TenantNamespace(tenant.Name), labels(tenant))
	if err != nil {
		return err
	}
	if !gone {
		return base.Waiting("HostNamespaceRemains", "Waiting for the namespace "+v1alpha1.TenantNamespace(tenant.Name)+" on the API to be deleted.")
	}
	return nil
}

// unlock lifts what would keep Capsule from letting the tenant go: cordoned, it
// refuses the deletion of everything in its namespaces.
func unlock(ctx context.Context, cluster clusters.Client, tenant *v1alpha1.Tenant) error {
	live, err := cluster.Get(ctx, clusters.CapsuleTenant, "", tenant.Name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the Capsule Tenant: %w", err)
	}
	if status := capsule.StatusOf(live); !status.Locked || !isOurs(live, tenant.Name) || live.GetDeletionTimestamp() != nil {
		return nil
	}
	open := tenant.DeepCopy()
	open.Spec.Cordoned, open.Spec.PreventDeletion = false, false
	_, _, err = carry(ctx, cluster, open, &base.UIDs{})
	return err
}

// removeFrom removes the tenant from its cluster, and then what made its owners
// users of Capsule.
func removeFrom(ctx context.Context, cluster clusters.Client, tenant string) error {
	live, err := cluster.GetLive(ctx, clusters.CapsuleTenant, "", tenant)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return fmt.Errorf("reading the Capsule Tenant: %w", err)
	case err == nil && isOurs(live, tenant):
		if live.GetDeletionTimestamp() == nil {
			if err := cluster.Delete(ctx, live, clusters.Identity{}); err != nil {
				return err
			}
		}
		return base.Waiting("CapsuleTenantRemains", "Waiting for the Capsule Tenant "+tenant+" to be deleted on the cluster.")
	}
	return deleteOwners(ctx, cluster, cluster.List, tenant, nil)
}

// removeOwnerRole removes what all tenants of a cluster share along with the last
// of them. Should another tenant come meanwhile, its own carrying makes it anew.
func (r *Reconciler) removeOwnerRole(ctx context.Context, cluster clusters.Client, name string) error {
	if len(base.TenantsOn(ctx, r.Client, name)) > 1 {
		return nil
	}
	role, err := cluster.GetLive(ctx, clusters.ClusterRole, "", targetrbac.OwnerClusterRole)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the ClusterRole of owners: %w", err)
	}
	return cluster.Delete(ctx, role, clusters.Identity{})
}
