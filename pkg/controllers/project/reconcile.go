package project

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

// Reconciler makes a namespace of each project, with the rights of its deployer.
type Reconciler struct {
	Client    client.Client
	Live      client.Reader
	Host      base.HostNamespaces
	Placement base.Placement

	written base.Written
	cleared base.UIDs
}

// Reconcile implements reconcile.Reconciler.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	var project v1alpha1.Project
	if err := r.Client.Get(ctx, request.NamespacedName, &project); apierrors.IsNotFound(err) {
		r.written.Forget(request.NamespacedName)
		r.cleared.Forget(request.NamespacedName)
		return reconcile.Result{}, nil
	} else if err != nil {
		return reconcile.Result{}, fmt.Errorf("reading the project %s: %w", request, err)
	}
	if r.written.Behind(&project) {
		return reconcile.Result{}, nil
	}
	tenant, _, ok := v1alpha1.SplitNamespace(project.Namespace)
	if !ok {
		return reconcile.Result{}, reconcile.TerminalError(fmt.Errorf("the project %s is in a namespace of no tenant", request))
	}
	before := project.DeepCopy()
	step := r.apply
	if project.DeletionTimestamp != nil {
		step = r.cleanup
	}
	err := step(ctx, &project, tenant)
	if err == nil && project.DeletionTimestamp != nil {
		return reconcile.Result{}, base.Release(ctx, r.Client, &project)
	}
	project.Status.ObservedGeneration = project.Generation
	if project.DeletionTimestamp != nil {
		base.ReportDeletion(&project.Status.ConditionedStatus, project.Generation, err, time.Now())
	}
	result, err := base.Report(&project.Status.ConditionedStatus, project.Generation, err)
	return result, errors.Join(err, r.written.PatchStatus(ctx, r.Client, before, &project))
}

// apply makes what the project asks for.
func (r *Reconciler) apply(ctx context.Context, project *v1alpha1.Project, tenant string) error {
	if err := r.Host.Ensure(ctx, v1alpha1.ProjectNamespace(tenant, project.Name), labels(tenant, project.Name)); err != nil {
		return err
	}
	if err := r.grantOnHost(ctx, project, tenant); err != nil {
		return err
	}
	cluster, err := r.Placement.ClusterOf(ctx, tenant)
	if err != nil {
		return err
	}
	if err := r.Placement.RequireLetGo(ctx, &r.cleared, project, project.Status.Conditions, tenant, project.Name); err != nil {
		return err
	}
	if err := requireTenant(ctx, cluster, tenant); err != nil {
		return err
	}
	namespace, err := ensureNamespace(ctx, cluster, project, tenant)
	if err != nil {
		return err
	}
	if !capsule.OwnedBy(namespace, tenant) {
		return &base.Blocked{
			Reason:  "NotAssigned",
			Message: "Capsule has not given the namespace to the tenant; its admission webhook must be on, and KubeNova one of its administrators.",
			Recheck: base.Recheck,
		}
	}
	for _, object := range []*unstructured.Unstructured{
		kubevela.DeployerRole(tenant, project.Name), kubevela.DeployerBinding(tenant, project.Name),
	} {
		if _, err := cluster.Ensure(ctx, object, clusters.Identity{}); err != nil {
			return err
		}
	}
	if err := ensureAccess(ctx, cluster, project, tenant); err != nil {
		return err
	}
	project.Status.Namespace = namespace.GetName()
	base.SetCondition(&project.Status.ConditionedStatus, project.Generation, v1alpha1.ConditionReady,
		metav1.ConditionTrue, "Ready", "The project's namespace is there.")
	return nil
}

// requireTenant waits for the Capsule Tenant: without it the namespace would
// belong to no one.
func requireTenant(ctx context.Context, cluster clusters.Client, tenant string) error {
	live, err := cluster.Get(ctx, clusters.CapsuleTenant, "", tenant)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the Capsule Tenant: %w", err)
	}
	if err != nil || live.GetLabels()[v1alpha1.LabelTenant] != tenant || live.GetDeletionTimestamp() != nil {
		return &base.Blocked{Reason: "TenantNotReady", Message: "The tenant is not yet on its cluster.", Recheck: base.Recheck}
	}
	return nil
}

// ensureNamespace makes the namespace. One of that name that KubeNova did not
// make is someone else's.
func ensureNamespace(ctx context.Context, cluster clusters.Client, project *v1alpha1.Project, tenant string) (*unstructured.Unstructured, error) {
	name := v1alpha1.TargetNamespace(tenant, project.Name)
	read := cluster.Get
	if project.Status.Namespace == "" {
		// What a watch last saw may be from before an outage; whose it is now counts.
		read = cluster.GetLive
	}
	current, err := read(ctx, clusters.Namespace, "", name)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("reading the namespace %s: %w", name, err)
	case err == nil && !isOurs(current, project, tenant):
		return nil, &base.Blocked{
			Reason:  "NamespaceNotOurs",
			Message: "The cluster has a namespace " + name + " that KubeNova did not make; remove it or choose another name.",
			Recheck: base.Recheck,
		}
	case err == nil && current.GetDeletionTimestamp() != nil:
		return nil, &base.Blocked{Reason: "NamespaceTerminating", Message: "The former namespace is being deleted.", Recheck: base.Recheck}
	}
	if err != nil {
		current = nil
	}
	return cluster.EnsureFrom(ctx, current, capsule.NamespaceFor(tenant, project), clusters.Identity{})
}

// isOurs knows the namespace by its labels. The tenant's owners can remove
// those; a namespace that was once recorded and still is the tenant's stays ours.
func isOurs(namespace *unstructured.Unstructured, project *v1alpha1.Project, tenant string) bool {
	have := namespace.GetLabels()
	if have[v1alpha1.LabelTenant] == tenant && have[v1alpha1.LabelProject] == project.Name {
		return true
	}
	return project.Status.Namespace == namespace.GetName() && capsule.OwnedBy(namespace, tenant)
}

func labels(tenant, project string) map[string]string {
	return map[string]string{v1alpha1.LabelTenant: tenant, v1alpha1.LabelProject: project}
}
