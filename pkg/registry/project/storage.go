// Package project stores projects.
package project

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Storage serves the paths of projects.
type Storage struct {
	Project *REST
	Status  *store.StatusREST
}

// REST serves projects themselves.
type REST struct{ *store.Narrowed }

// NewStorage returns the storage of projects.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, visibility store.Visibility) (Storage, error) {
	main := newStrategy(scheme)
	s, err := store.New(store.Resource[*v1alpha1.Project]{
		Plural: "projects", Singular: "project",
		New:      func() *v1alpha1.Project { return &v1alpha1.Project{} },
		NewList:  func() runtime.Object { return &v1alpha1.ProjectList{} },
		Strategy: store.Traced(main),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	return Storage{Project: &REST{store.Narrow(s, visibility, store.Projects())}, Status: store.NewStatusREST(s, newStatusStrategy(main))}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.Project] {
	return []store.Field[*v1alpha1.Project]{store.TenantField[*v1alpha1.Project]()}
}

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"knp"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
