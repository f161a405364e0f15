package tenant

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// cleanup removes what the tenant has, in order, and returns nil when all of it
// is gone: projects (which remove their apps first), policy sets, the Capsule
// Tenant, the namespace on the API. Capsule strips the finalizers of what is
// left in a tenant, which would orphan what KubeVela keeps.
func (r *Reconciler) cleanup(ctx context.Context, tenant *v1alpha1.Tenant) error {
	namespace := client.InNamespace(v1alpha1.TenantNamespace(tenant.Name))
	for _, children := range []struct {
		list client.ObjectList
		what string
	}{
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
	cluster, err := r.Placement.ForCleanup(ctx, tenant.Name)
	if err != nil {
		return err
	}
	if cluster != nil {
		if err := removeFrom(ctx, cluster, tenant.Name); err != nil {
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

func deleting(message string) error {
	return &base.Blocked{Reason: "Deleting", Message: message, Recheck: base.Recheck}
}
