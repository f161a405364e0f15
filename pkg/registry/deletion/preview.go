package deletion

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/connections"
)

// preview gathers what would go with projects of a tenant. A cluster that cannot
// be asked leaves out what only it knows.
func (r *REST) preview(ctx context.Context, tenant *v1alpha1.Tenant, projects []string) (v1alpha1.DeletionPreviewStatus, error) {
	out := v1alpha1.DeletionPreviewStatus{Source: v1alpha1.UsageUnavailable}
	if err := r.addApps(ctx, &out, tenant.Name, projects); err != nil {
		return out, err
	}
	if err := r.addKubeconfigs(ctx, &out, tenant.Name, projects); err != nil {
		return out, err
	}
	for _, project := range projects {
		out.Namespaces = append(out.Namespaces, v1alpha1.TargetNamespace(tenant.Name, project))
	}
	err := r.addFromCluster(ctx, &out, tenant)
	switch {
	case apierrors.IsServiceUnavailable(err), apierrors.IsConflict(err):
		// Away, or gone for good: the deletion itself is possible all the same.
		out.Volumes, err = nil, nil
	case err == nil:
		now := metav1.Now()
		out.Source, out.AsOf = v1alpha1.UsageLive, &now
	}
	return out, err
}

func (r *REST) projectsOf(ctx context.Context, tenant string) ([]string, error) {
	list, err := r.stores.Projects.List(genericapirequest.WithNamespace(ctx, v1alpha1.TenantNamespace(tenant)), &internalversion.ListOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, project := range list.(*v1alpha1.ProjectList).Items {
		names = append(names, project.Name)
	}
	slices.Sort(names)
	return names, nil
}

func (r *REST) addApps(ctx context.Context, out *v1alpha1.DeletionPreviewStatus, tenant string, projects []string) error {
	for _, project := range projects {
		left := int64(v1alpha1.MaxPreviewed - len(out.Apps))
		list, err := r.stores.Apps.List(genericapirequest.WithNamespace(ctx, v1alpha1.ProjectNamespace(tenant, project)), &internalversion.ListOptions{Limit: left + 1})
		if err != nil {
			return err
		}
		for _, app := range list.(*v1alpha1.AppList).Items {
			out.Apps = append(out.Apps, v1alpha1.PreviewedApp{Project: project, Name: app.Name})
		}
		if out.Apps = cut(out.Apps, &out.Truncated); out.Truncated {
			return nil
		}
	}
	return nil
}

// addKubeconfigs names the grants that lead to one of the projects, or to the tenant
// when all of them go.
func (r *REST) addKubeconfigs(ctx context.Context, out *v1alpha1.DeletionPreviewStatus, tenant string, projects []string) error {
	list, err := r.stores.Grants.List(genericapirequest.WithNamespace(ctx, v1alpha1.TenantNamespace(tenant)), &internalversion.ListOptions{})
	if err != nil {
		return err
	}
	for _, grant := range list.(*v1alpha1.AccessGrantList).Items {
		goes := !r.ofProject || slices.ContainsFunc(grant.Spec.Projects, func(p string) bool { return slices.Contains(projects, p) })
		if goes {
			out.Kubeconfigs = append(out.Kubeconfigs, v1alpha1.PreviewedKubeconfig{
				Grant: grant.Name, Subject: grant.Spec.Subject, ExpiresAt: grant.Spec.ExpiresAt,
			})
		}
	}
	out.Kubeconfigs = cut(out.Kubeconfigs, &out.Truncated)
	return nil
}

// addFromCluster asks the cluster which of the namespaces there are, for a tenant
// by Capsule's label, and what volumes are in them.
func (r *REST) addFromCluster(ctx context.Context, out *v1alpha1.DeletionPreviewStatus, tenant *v1alpha1.Tenant) error {
	connection, err := r.homes.Connect(ctx, tenant)
	if err != nil {
		return err
	}
	list, err := connection.Kubernetes().CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: capsule.LabelTenant + "=" + tenant.Name})
	if err != nil {
		return connection.Error(err)
	}
	var there []string
	for i := range list.Items {
		if name := list.Items[i].Name; !r.ofProject || slices.Contains(out.Namespaces, name) {
			there = append(there, name)
		}
	}
	slices.Sort(there)
	for i, namespace := range there {
		if err := addVolumes(ctx, connection, out, namespace); err != nil {
			return err
		}
		if len(out.Volumes) == v1alpha1.MaxPreviewed {
			out.Truncated = out.Truncated || i < len(there)-1
			break
		}
	}
	out.Namespaces = there
	return nil
}

func addVolumes(ctx context.Context, connection *connections.Connection, out *v1alpha1.DeletionPreviewStatus, namespace string) error {
	left := int64(v1alpha1.MaxPreviewed - len(out.Volumes))
	claims, err := connection.Kubernetes().CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{Limit: left + 1})
	if err != nil {
		return connection.Error(err)
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		volume := v1alpha1.PreviewedVolume{Namespace: namespace, Name: claim.Name}
		if size, found := claim.Spec.Resources.Requests["storage"]; found {
			volume.Size = size.String()
		}
		if claim.Spec.StorageClassName != nil {
			volume.StorageClass = *claim.Spec.StorageClassName
		}
		out.Volumes = append(out.Volumes, volume)
	}
	out.Volumes = cut(out.Volumes, &out.Truncated)
	return nil
}

// cut keeps what a preview names, and says when that is not all.
func cut[T any](list []T, truncated *bool) []T {
	if len(list) > v1alpha1.MaxPreviewed {
		*truncated = true
		return list[:v1alpha1.MaxPreviewed]
	}
	return list
}
