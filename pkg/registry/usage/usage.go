// Package usage serves what tenants and projects use on their clusters, asked of
// the cluster for each answer, and what they used over time, from samples.
package usage

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TenantREST serves tenants/usage.
type TenantREST struct{ *Reader }

// NewTenantREST returns what serves tenants/usage.
func NewTenantREST(r *Reader) *TenantREST { return &TenantREST{r} }

var _ rest.GetterWithOptions = &TenantREST{}

// New implements rest.Storage.
func (*TenantREST) New() runtime.Object { return &v1alpha1.Usage{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*TenantREST) Destroy() {}

// Get asks the tenant's cluster.
func (r *TenantREST) Get(ctx context.Context, name string, opts runtime.Object) (runtime.Object, error) {
	options, err := optionsOf(opts, name)
	if err != nil {
		return nil, err
	}
	obj, err := r.tenants.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	tenant := obj.(*v1alpha1.Tenant)
	status, err := r.withHistory(ctx, tenant, "", options, func() (v1alpha1.UsageStatus, error) { return r.ofTenant(ctx, tenant) })
	if err != nil {
		return nil, err
	}
	return &v1alpha1.Usage{ObjectMeta: of(tenant), Status: status}, nil
}

// ProjectREST serves projects/usage.
type ProjectREST struct {
	*Reader
	projects *genericregistry.Store
}

// NewProjectREST returns what serves projects/usage.
func NewProjectREST(r *Reader, projects *genericregistry.Store) *ProjectREST {
	return &ProjectREST{r, projects}
}

var _ rest.GetterWithOptions = &ProjectREST{}

// New implements rest.Storage.
func (*ProjectREST) New() runtime.Object { return &v1alpha1.Usage{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*ProjectREST) Destroy() {}

// Get asks the cluster of the project's tenant.
func (r *ProjectREST) Get(ctx context.Context, name string, opts runtime.Object) (runtime.Object, error) {
	options, err := optionsOf(opts, name)
	if err != nil {
		return nil, err
	}
	obj, err := r.projects.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	project := obj.(*v1alpha1.Project)
	tenantName, _, ok := v1alpha1.SplitNamespace(project.Namespace)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("project in namespace %q, which is no tenant's", project.Namespace))
	}
	obj, err = r.tenants.Get(genericapirequest.WithNamespace(ctx, ""), tenantName, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	tenant := obj.(*v1alpha1.Tenant)
	status, err := r.withHistory(ctx, tenant, name, options, func() (v1alpha1.UsageStatus, error) { return r.ofProject(ctx, tenant, name) })
	if err != nil {
		return nil, err
	}
	return &v1alpha1.Usage{ObjectMeta: of(project), Status: status}, nil
}

// of says whose usage it is.
func of(object metav1.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: object.GetName(), Namespace: object.GetNamespace(), UID: object.GetUID(),
		ResourceVersion: object.GetResourceVersion(), CreationTimestamp: object.GetCreationTimestamp(),
	}
}
