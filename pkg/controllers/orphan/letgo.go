package orphan

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/targetrbac"
)

// letGo takes the rights away that KubeNova gave, and then the labels by which
// something is a project's or a tenant's: it is someone else's from then on. Each
// step can be done again, and what is found by a label loses it last.
func (r *Reconciler) letGo(ctx context.Context, cluster clusters.Client, record *v1alpha1.OrphanRecord) error {
	namespaces, err := namespacesOf(ctx, cluster, record)
	if err != nil {
		return err
	}
	if record.Spec.Project == "" {
		if err := revokeAll(ctx, cluster, record.Spec.Tenant, namespaces); err != nil {
			return err
		}
		if err := deleteAll(ctx, cluster, clusters.TenantOwner, record.Spec.Tenant); err != nil {
			return err
		}
	}
	for i := range namespaces {
		if err := letGoOfNamespace(ctx, cluster, &namespaces[i]); err != nil {
			return err
		}
	}
	if record.Spec.Project != "" {
		return nil
	}
	return letGoOfTenant(ctx, cluster, record.Spec.Tenant)
}

// namespacesOf returns the namespaces that a record is about.
func namespacesOf(ctx context.Context, cluster clusters.Client, record *v1alpha1.OrphanRecord) ([]unstructured.Unstructured, error) {
	all, err := cluster.List(ctx, clusters.Namespace, record.Spec.Tenant)
	if err != nil {
		return nil, fmt.Errorf("listing the tenant's namespaces: %w", err)
	}
	var out []unstructured.Unstructured
	for _, namespace := range all {
		project := namespace.GetLabels()[v1alpha1.LabelProject]
		named := namespace.GetName() == v1alpha1.TargetNamespace(record.Spec.Tenant, project)
		if named && (record.Spec.Project == "" || record.Spec.Project == project) {
			out = append(out, namespace)
		}
	}
	return out, nil
}

// revokeAll ends every kubeconfig that was issued for the tenant: the Secrets that
// tokens are bound to first, and the ServiceAccounts, by which the rest is found, last.
func revokeAll(ctx context.Context, cluster clusters.Client, tenant string, namespaces []unstructured.Unstructured) error {
	secrets, err := cluster.List(ctx, clusters.Secret, tenant)
	if err != nil {
		return fmt.Errorf("listing the secrets of issued kubeconfigs: %w", err)
	}
	if err := deleteIn(ctx, cluster, access.Namespace, secrets); err != nil {
		return err
	}
	accounts, err := cluster.List(ctx, clusters.ServiceAccount, tenant)
	if err != nil {
		return fmt.Errorf("listing the service accounts of issued kubeconfigs: %w", err)
	}
	for i := range accounts {
		if accounts[i].GetNamespace() != access.Namespace {
			continue
		}
		binding := access.BindingName(accounts[i].GetName())
		if err := deleteNamed(ctx, cluster, clusters.TenantOwner, "", binding); err != nil {
			return err
		}
		for j := range namespaces {
			if err := deleteNamed(ctx, cluster, clusters.RoleBinding, namespaces[j].GetName(), binding); err != nil {
				return err
			}
		}
	}
	return deleteIn(ctx, cluster, access.Namespace, accounts)
}

// letGoOfNamespace takes the members' rights away, and the label that makes the
// namespace a project's.
func letGoOfNamespace(ctx context.Context, cluster clusters.Client, namespace *unstructured.Unstructured) error {
	for _, role := range targetrbac.Roles() {
		for _, kind := range []clusters.Kind{clusters.RoleBinding, clusters.Role} {
			if err := deleteNamed(ctx, cluster, kind, namespace.GetName(), targetrbac.Name(role)); err != nil {
				return err
			}
		}
	}
	return cluster.Merge(ctx, namespace, withLabel(v1alpha1.LabelProject, v1alpha1.ProjectLetGo))
}

// letGoOfTenant takes the owners' rights away, and the label that makes the Capsule
// Tenant KubeNova's.
func letGoOfTenant(ctx context.Context, cluster clusters.Client, tenant string) error {
	live, err := cluster.GetLive(ctx, clusters.CapsuleTenant, "", tenant)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the Capsule Tenant: %w", err)
	}
	if live.GetLabels()[v1alpha1.LabelTenant] != tenant {
		return nil
	}
	patch := withLabel(v1alpha1.LabelTenant, nil)
	patch["spec"] = map[string]any{"owners": []any{}, "permissions": nil}
	return cluster.Merge(ctx, live, patch)
}

// withLabel is the patch that sets a label, or removes it when the value is nil.
func withLabel(name string, value any) map[string]any {
	return map[string]any{"metadata": map[string]any{"labels": map[string]any{name: value}}}
}

func deleteNamed(ctx context.Context, cluster clusters.Client, kind clusters.Kind, namespace, name string) error {
	live, err := cluster.GetLive(ctx, kind, namespace, name)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the %s %s: %w", kind, name, err)
	}
	return cluster.Delete(ctx, live, clusters.Identity{})
}

func deleteAll(ctx context.Context, cluster clusters.Client, kind clusters.Kind, tenant string) error {
	all, err := cluster.List(ctx, kind, tenant)
	if apierrors.IsNotFound(err) { // the kind is not there
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing each %s of tenant %s: %w", kind, tenant, err)
	}
	return deleteIn(ctx, cluster, "", all)
}

// deleteIn deletes those of a list that are in a namespace.
func deleteIn(ctx context.Context, cluster clusters.Client, namespace string, list []unstructured.Unstructured) error {
	for i := range list {
		if list[i].GetNamespace() != namespace {
			continue
		}
		if err := cluster.Delete(ctx, &list[i], clusters.Identity{}); err != nil {
			return err
		}
	}
	return nil
}
