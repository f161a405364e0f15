// Package accessgrant stores the grants of issued kubeconfigs, and issues them.
package accessgrant

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// REST serves grants. Only the server creates them, and of what there is only
// finalizers change, so it is the store without Create.
type REST struct {
	store *genericregistry.Store
	rest.TableConvertor
}

var (
	_ rest.Lister            = &REST{}
	_ rest.Watcher           = &REST{}
	_ rest.Patcher           = &REST{}
	_ rest.GracefulDeleter   = &REST{}
	_ rest.CollectionDeleter = &REST{}
)

// NewStorage returns the storage of grants.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (*REST, error) {
	s, err := store.New(store.Resource[*v1alpha1.AccessGrant]{
		Plural: "accessgrants", Singular: "accessgrant",
		New:      func() *v1alpha1.AccessGrant { return &v1alpha1.AccessGrant{} },
		NewList:  func() runtime.Object { return &v1alpha1.AccessGrantList{} },
		Strategy: store.Traced(newStrategy(scheme)),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return nil, err
	}
	return &REST{s, s.TableConvertor}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.AccessGrant] {
	return []store.Field[*v1alpha1.AccessGrant]{store.TenantField[*v1alpha1.AccessGrant]()}
}

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }

func columns() store.Columns[*v1alpha1.AccessGrant] {
	return store.Columns[*v1alpha1.AccessGrant]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Subject", "User whom the kubeconfig was issued to."),
			store.Column("Role", "Role that it has."),
			store.Column("Project", "Project that it is for; none for the tenant."),
			store.Column("Expires", "When it ends."),
		},
		Cells: func(g *v1alpha1.AccessGrant) []any {
			return []any{g.Spec.Subject, string(g.Spec.Role), g.Spec.Project, g.Spec.ExpiresAt.UTC().Format("2006-01-02T15:04:05Z")}
		},
	}
}
