package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/controllers/plan"
	"github.com/kubenova/kubenova/pkg/hostrbac"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// Reconciler makes a Capsule Tenant of each tenant.
type Reconciler struct {
	Client    client.Client
	Live      client.Reader
	Host      base.HostNamespaces
	Placement base.Placement
	Plans     plan.Applier

	written base.Written
	// cleared are the tenants whose former namesakes were let go of.
	cleared base.UIDs
	// read are the Capsule Tenants as the cluster itself had them since it was last away.
	read base.UIDs
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var tenant v1alpha1.Tenant
	if err := r.Client.Get(ctx, request.NamespacedName, &tenant); apierrors.IsNotFound(err) {
		r.written.Forget(request.NamespacedName)
		r.cleared.Forget(request.NamespacedName)
		r.read.Forget(request.NamespacedName)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the tenant %s: %w", request.Name, err)
	}
	if r.written.Behind(&tenant) {
		return reconcile.Result{}, nil
	}
	step, plans := r.apply, r.Plans.Assign
	if tenant.DeletionTimestamp != nil {
		step, plans = r.cleanup, keepPlan
	}
	err := plans(ctx, &tenant)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return reconcile.Result{}, nil // what the cache has yet to see asks again
	}
	before := tenant.DeepCopy()
	if err == nil {
		err = step(ctx, &tenant)
	}
	if err == nil && tenant.DeletionTimestamp != nil {
		return reconcile.Result{}, base.Release(ctx, r.Client, &tenant)
	}
	tenant.Status.ObservedGeneration = tenant.Generation
	reportQuota(&tenant, err)
	if tenant.DeletionTimestamp != nil {
		base.ReportDeletion(&tenant.Status.ConditionedStatus, tenant.Generation, err, time.Now())
	}
	result, err := base.Report(&tenant.Status.ConditionedStatus, tenant.Generation, err)
	return result, errors.Join(err, r.written.PatchStatus(ctx, r.Client, before, &tenant))
}

// keepPlan leaves the plan of a tenant as it is.
func keepPlan(context.Context, *v1alpha1.Tenant) error { return nil }

// apply makes what the tenant asks for.
func (r *Reconciler) apply(ctx context.Context, tenant *v1alpha1.Tenant) error {
	if err := r.Host.Ensure(ctx, v1alpha1.TenantNamespace(tenant.Name), labels(tenant)); err != nil {
		return err
	}
	if err := r.Host.Grant(ctx, hostrbac.ForTenant(tenant)); err != nil {
		return err
	}
	reportNamespaces(tenant, base.ProjectsOf(ctx, r.Client, tenant.Name))
	cluster, err := r.Placement.ClusterOf(ctx, tenant.Name)
	if err != nil {
		r.read.Forget(client.ObjectKeyFromObject(tenant))
		return err
	}
	if err := r.Placement.RequireLetGo(ctx, &r.cleared, tenant, tenant.Status.Conditions, tenant.Name, ""); err != nil {
		return err
	}
	if _, err := cluster.Ensure(ctx, targetrbac.OwnerRole(), clusters.Identity{}); err != nil {
		return err
	}
	live, exceeded, err := carry(ctx, cluster, tenant, &r.read)
	if err != nil {
		return err
	}
	if err := ensureOwners(ctx, cluster, tenant); err != nil {
		return err
	}
	status := capsule.StatusOf(live)
	tenant.Status.Namespaces = status.Namespaces
	if status.Ready {
		if err := confirmQuota(ctx, cluster, tenant, exceeded); err != nil {
			return err
		}
	}
	report(tenant, status)
	return nil
}

// ensure makes the Capsule Tenant. One of that name that KubeNova did not make
// is someone else's.
func ensure(ctx context.Context, cluster clusters.Client, tenant *v1alpha1.Tenant, quotas v1alpha1.ResourceAmounts, read *base.UIDs) (*unstructured.Unstructured, error) {
	key, desired := client.ObjectKeyFromObject(tenant), capsule.TenantFor(tenant, quotas)
	// What a watch last saw may be from before an outage, or of a former tenant: it
	// counts for what is in effect, or was read of the cluster itself.
	seen, ok := cluster.Seen(clusters.CapsuleTenant, "", tenant.Name)
	ok = ok && isOurs(seen, tenant.Name) && seen.GetDeletionTimestamp() == nil
	if ok && (read.Is(key, seen.GetUID()) || meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady)) {
		if holds, err := clusters.Holds(seen, desired); holds || err != nil {
			return seen, err
		}
	}
	current, err := cluster.GetLive(ctx, clusters.CapsuleTenant, "", tenant.Name)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("reading the Capsule Tenant: %w", err)
	case err == nil && !isOurs(current, tenant.Name):
		return nil, notOurs(tenant.Name)
	case err == nil && current.GetDeletionTimestamp() != nil:
		return nil, &base.Blocked{Reason: "TenantTerminating", Message: "The former Capsule Tenant of that name is being deleted.", Recheck: base.Recheck}
	}
	if err != nil {
		current = nil
	}
	live, err := cluster.EnsureFrom(ctx, current, desired, clusters.Identity{})
	if apierrors.IsNotFound(err) {
		return nil, &base.Blocked{Reason: "TenancyNotInstalled", Message: "Capsule is not installed on the cluster; bootstrap its component tenancy."}
	}
	if err == nil {
		read.Set(key, live.GetUID())
	}
	return live, err
}

// ensureOwners makes the owners Capsule users, and no one else.
func ensureOwners(ctx context.Context, cluster clusters.Client, tenant *v1alpha1.Tenant) error {
	wanted := map[string]bool{}
	for _, owner := range capsule.OwnersFor(tenant) {
		wanted[owner.GetName()] = true
		if _, err := cluster.Ensure(ctx, owner, clusters.Identity{}); err != nil {
			return err
		}
	}
	return deleteOwners(ctx, cluster, cluster.ListSeen, tenant.Name, wanted)
}

// lister lists the objects of a tenant.
type lister func(ctx context.Context, kind clusters.Kind, tenant string) ([]unstructured.Unstructured, error)

// deleteOwners deletes the Capsule users of a tenant but for those to keep.
func deleteOwners(ctx context.Context, cluster clusters.Client, list lister, tenant string, keep map[string]bool) error {
	owners, err := list(ctx, clusters.TenantOwner, tenant)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing the tenant's owners: %w", err)
	}
	for i := range owners {
		if keep[owners[i].GetName()] || owners[i].GetDeletionTimestamp() != nil {
			continue
		}
		if err := cluster.Delete(ctx, &owners[i], clusters.Identity{}); err != nil {
			return err
		}
	}
	return nil
}

// report says what Capsule says.
func report(tenant *v1alpha1.Tenant, status capsule.TenantStatus) {
	value, reason, message := metav1.ConditionTrue, "Ready", "The tenant is in effect on its cluster."
	switch {
	case !status.Ready && (status.Reason == "" || status.Reason == "Reconciling"):
		value, reason, message = metav1.ConditionFalse, "Reconciling", "Capsule has not yet taken up the tenant."
	case !status.Ready:
		value, reason, message = metav1.ConditionFalse, "CapsuleNotReady", "Capsule reports "+status.Reason+": "+status.Message
	case status.Cordoned:
		message = "The tenant is in effect on its cluster, and cordoned."
	}
	base.SetCondition(&tenant.Status.ConditionedStatus, tenant.Generation, v1alpha1.ConditionReady, value, reason, message)
}

func labels(tenant *v1alpha1.Tenant) map[string]string {
	return map[string]string{v1alpha1.LabelTenant: tenant.Name}
}

func isOurs(live *unstructured.Unstructured, tenant string) bool {
	return live.GetLabels()[v1alpha1.LabelTenant] == tenant
}

func notOurs(tenant string) error {
	return &base.Blocked{
		Reason:  "TenantNotOurs",
		Message: "The cluster has a Capsule Tenant " + tenant + " that KubeNova did not make; label it " + v1alpha1.LabelTenant + "=" + tenant + " to hand it over, or remove it.",
		Recheck: base.Recheck,
	}
}
