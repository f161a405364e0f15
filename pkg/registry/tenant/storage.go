// Package tenant stores tenants.
package tenant

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Storage serves the paths of tenants.
type Storage struct {
	Tenant *REST
	Status *store.StatusREST
}

// REST serves tenants themselves.
type REST struct{ *store.Narrowed }

// NewStorage returns the storage of tenants, which may name plans.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, visibility store.Visibility, plans rest.Getter) (Storage, error) {
	main := newStrategy(scheme, plans)
	s, err := store.New(store.Resource[*v1alpha1.Tenant]{
		Plural: "tenants", Singular: "tenant",
		New:      func() *v1alpha1.Tenant { return &v1alpha1.Tenant{} },
		NewList:  func() runtime.Object { return &v1alpha1.TenantList{} },
		Strategy: store.Traced(main),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	return Storage{Tenant: &REST{store.Narrow(s, visibility, store.Tenants())}, Status: store.NewStatusREST(s, newStatusStrategy(main))}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.Tenant] {
	return []store.Field[*v1alpha1.Tenant]{
		ownerField(v1alpha1.SubjectUser),
		ownerField(v1alpha1.SubjectGroup),
		ownerField(v1alpha1.SubjectServiceAccount),
		{Name: v1alpha1.FieldCluster, Value: func(t *v1alpha1.Tenant) string { return t.Spec.ClusterRef.Name }},
		{Name: v1alpha1.FieldPlan, Value: func(t *v1alpha1.Tenant) string { return t.Spec.Plan }},
	}
}

func ownerField(kind v1alpha1.SubjectKind) store.Field[*v1alpha1.Tenant] {
	name := v1alpha1.FieldOwner(kind)
	return store.Field[*v1alpha1.Tenant]{Name: name, Values: func(t *v1alpha1.Tenant) []string {
		var names []string
		for _, owner := range t.Spec.Owners {
			if v1alpha1.FieldOwner(owner.Kind) == name {
				names = append(names, owner.Name)
			}
		}
		return names
	}}
}

// ShortNames implements rest.ShortNamesProvider.
func (*REST) ShortNames() []string { return []string{"knt"} }

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
