// Package deletion serves what the deletion of a tenant or a project would
// remove. It is asked for each answer and never stored.
package deletion

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/home"
)

// Stores are what a preview reads of the API.
type Stores struct {
	Tenants, Projects, Apps *genericregistry.Store
	Grants                  rest.Lister
}

// REST serves tenants/deletion and projects/deletion.
type REST struct {
	stores Stores
	homes  home.Homes
	// ofProject tells the second of the two paths.
	ofProject bool
}

// OfTenants serves tenants/deletion.
func OfTenants(stores Stores, homes home.Homes) *REST { return &REST{stores: stores, homes: homes} }

// OfProjects serves projects/deletion.
func OfProjects(stores Stores, homes home.Homes) *REST {
	return &REST{stores: stores, homes: homes, ofProject: true}
}

var _ rest.Getter = &REST{}

// New implements rest.Storage.
func (*REST) New() runtime.Object { return &v1alpha1.DeletionPreview{} }

// Destroy implements rest.Storage: the main paths own the underlying stores.
func (*REST) Destroy() {}

// Get tells what would go with the tenant or the project of that name.
func (r *REST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	object, tenant, projects, err := r.read(ctx, name, options)
	if err != nil {
		return nil, err
	}
	status, err := r.preview(genericapirequest.WithNamespace(ctx, ""), tenant, projects)
	if err != nil {
		return nil, err
	}
	return &v1alpha1.DeletionPreview{
		ObjectMeta: metav1.ObjectMeta{
			Name: object.GetName(), Namespace: object.GetNamespace(), UID: object.GetUID(),
			ResourceVersion: object.GetResourceVersion(), CreationTimestamp: object.GetCreationTimestamp(),
		},
		Status: status,
	}, nil
}

// read returns the object of the path, its tenant, and the projects that would go.
func (r *REST) read(ctx context.Context, name string, options *metav1.GetOptions) (metav1.Object, *v1alpha1.Tenant, []string, error) {
	if !r.ofProject {
		obj, err := r.stores.Tenants.Get(ctx, name, options)
		if err != nil {
			return nil, nil, nil, err
		}
		tenant := obj.(*v1alpha1.Tenant)
		projects, err := r.projectsOf(ctx, name)
		return tenant, tenant, projects, err
	}
	obj, err := r.stores.Projects.Get(ctx, name, options)
	if err != nil {
		return nil, nil, nil, err
	}
	project := obj.(*v1alpha1.Project)
	tenantName, _, ok := v1alpha1.SplitNamespace(project.Namespace)
	if !ok {
		return nil, nil, nil, apierrors.NewInternalError(fmt.Errorf("project in namespace %q, which is no tenant's", project.Namespace))
	}
	obj, err = r.stores.Tenants.Get(genericapirequest.WithNamespace(ctx, ""), tenantName, &metav1.GetOptions{})
	if err != nil {
		return nil, nil, nil, err
	}
	return project, obj.(*v1alpha1.Tenant), []string{name}, nil
}
