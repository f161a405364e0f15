package membershiptest

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// Cluster is the name of the cluster on which Own makes tenants. It must be there.
const Cluster = "dev"

// Own makes a tenant, or changes who owns it: users, and groups as group:<name>.
func Own(ctx context.Context, api client.KubenovaV1alpha1Interface, name string, owners ...string) error {
	tenant := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: name}}
	tenant.Spec.ClusterRef.Name, tenant.Spec.Owners = Cluster, subjects(owners)
	_, err := api.Tenants().Create(ctx, tenant, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		stored, err := api.Tenants().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		stored.Spec.Owners = subjects(owners)
		_, err = api.Tenants().Update(ctx, stored, metav1.UpdateOptions{})
		return err
	})
}

// Join makes a project, or changes who develops in it.
func Join(ctx context.Context, api client.KubenovaV1alpha1Interface, tenant, name string, devs ...string) error {
	var access []v1alpha1.ProjectMember
	for _, s := range subjects(devs) {
		access = append(access, v1alpha1.ProjectMember{Kind: s.Kind, Name: s.Name, Role: v1alpha1.RoleProjectDev})
	}
	projects := api.Projects(v1alpha1.TenantNamespace(tenant))
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.ProjectSpec{Access: access}}
	_, err := projects.Create(ctx, project, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		stored, err := projects.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		stored.Spec.Access = access
		_, err = projects.Update(ctx, stored, metav1.UpdateOptions{})
		return err
	})
}

func subjects(names []string) []v1alpha1.Subject {
	var out []v1alpha1.Subject
	for _, name := range names {
		kind := v1alpha1.SubjectUser
		if group, ok := strings.CutPrefix(name, "group:"); ok {
			kind, name = v1alpha1.SubjectGroup, group
		}
		out = append(out, v1alpha1.Subject{Kind: kind, Name: name})
	}
	return out
}

// AddApp makes the app of that name in a project.
func AddApp(ctx context.Context, api client.KubenovaV1alpha1Interface, tenant, project, name string) error {
	apps := api.Apps(v1alpha1.ProjectNamespace(tenant, project))
	_, err := apps.Create(ctx, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return err
}

// RemoveApp deletes an app and does what its controller would, which may do it too.
func RemoveApp(ctx context.Context, api client.KubenovaV1alpha1Interface, tenant, project, name string) error {
	apps := api.Apps(v1alpha1.ProjectNamespace(tenant, project))
	if err := apps.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return err
	}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		stored, err := apps.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		stored.Finalizers = nil
		_, err = apps.Update(ctx, stored, metav1.UpdateOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
