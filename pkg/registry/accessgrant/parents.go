package accessgrant

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// parents are the tenant of a wish and all of its projects.
func (i *Issuer) parents(ctx context.Context, w wish) (*v1alpha1.Tenant, []v1alpha1.Project, error) {
	obj, err := i.stores.Tenants.Get(ctx, w.tenant, &metav1.GetOptions{})
	if err != nil {
		return nil, nil, err
	}
	tenant := obj.(*v1alpha1.Tenant)
	if err := checkLiving(tenant, w.tenantUID, "tenants"); err != nil {
		return nil, nil, err
	}
	list, err := i.stores.Projects.List(genericapirequest.WithNamespace(ctx, v1alpha1.TenantNamespace(w.tenant)), &internalversion.ListOptions{})
	if err != nil {
		return nil, nil, err
	}
	var living []v1alpha1.Project
	found := w.project == ""
	for _, project := range list.(*v1alpha1.ProjectList).Items {
		if project.Name == w.project {
			found = true
			if err := checkLiving(&project, w.projectUID, "projects"); err != nil {
				return nil, nil, err
			}
		}
		if project.DeletionTimestamp == nil {
			living = append(living, project)
		}
	}
	if !found && w.ofProject {
		return nil, nil, apierrors.NewNotFound(v1alpha1.Resource("projects"), w.project)
	}
	if !found {
		return nil, nil, invalid(w.tenant, field.ErrorList{field.NotFound(field.NewPath("spec", "project"), w.project)})
	}
	return tenant, living, nil
}

func checkLiving(obj metav1.Object, uid types.UID, resource string) error {
	switch {
	case uid != "" && uid != obj.GetUID():
		return apierrors.NewConflict(v1alpha1.Resource(resource), obj.GetName(), store.ErrRecreated)
	case obj.GetDeletionTimestamp() != nil:
		return apierrors.NewConflict(v1alpha1.Resource(resource), obj.GetName(), errors.New("it is being deleted"))
	}
	return nil
}
