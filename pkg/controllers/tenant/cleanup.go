package tenant

import (
	"context"
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
// is gone: issued kubeconfigs, projects (which remove their apps first), policy sets, the Capsule
// Tenant, the namespace on the API. Capsule strips the finalizers of what is
// left in a tenant, which would orphan what KubeVela keeps.
func (r *Reconciler) cleanup(ctx context.Context, tenant *v1alpha1.Tenant) error {
	cluster, away := r.Placement.ForCleanup(ctx, tenant.Name)
	if away == nil && cluster != nil {
		if err := unlock(ctx, cluster, tenant); err != nil {
			return err
		}
	}
	namespace := client.InNamespace(v1alpha1.TenantNamespace(tenant.Name))
	for _, children := range []struct {
		list client.ObjectList
		what string
	}{
		{&v1alpha1.AccessGrantList{}, "issued kubeconfigs"},
		{&v1alpha1.ProjectList{}, "projects"},
		{&v1alpha1.PolicySetList{}, "policy sets"},
	} {
		count, err := base.DeleteChildren(ctx, r.Live, r.Client, children.list, namespace)
		if err != nil {
			return err
		}
		if count > 0 {
			return deleting("Waiting for the tenant's " + children.what + " to be deleted.")
		}
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
	gone, err := r.Host.Remove(ctx, v1alpha1.TenantNamespace(tenant.Name), labels(tenant))
	if err != nil {
		return err
	}
	if !gone {
		return deleting("Waiting for the tenant's namespace to be deleted.")
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
	_, _, err = carry(ctx, cluster, open)
	return err
}

// removeFrom removes the tenant from its cluster.
func removeFrom(ctx context.Context, cluster clusters.Client, tenant string) error {
	if err := deleteOwners(ctx, cluster, cluster.List, tenant, nil); err != nil {
		return err
	}
	live, err := cluster.GetLive(ctx, clusters.CapsuleTenant, "", tenant)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("reading the Capsule Tenant: %w", err)
	case !isOurs(live, tenant):
		return nil
	case live.GetDeletionTimestamp() == nil:
		if err := cluster.Delete(ctx, live, clusters.Identity{}); err != nil {
			return err
		}
	}
	return deleting("Waiting for the Capsule Tenant to be deleted.")
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

func deleting(message string) error {
	return &base.Blocked{Reason: "Deleting", Message: message, Recheck: base.Recheck}
}
