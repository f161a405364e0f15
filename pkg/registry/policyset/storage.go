// Package policyset stores policy sets.
package policyset

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// REST serves policy sets.
type REST struct{ *store.Narrowed }

// NewStorage returns the storage of policy sets.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, visibility store.Visibility) (*REST, error) {
	s, err := store.New(store.Resource[*v1alpha1.PolicySet]{
		Plural: "policysets", Singular: "policyset",
		New:      func() *v1alpha1.PolicySet { return &v1alpha1.PolicySet{} },
		NewList:  func() runtime.Object { return &v1alpha1.PolicySetList{} },
		Strategy: newStrategy(scheme),
		Columns:  columns(),
		Fields:   Fields(),
	}, optsGetter)
	if err != nil {
		return nil, err
	}
	return &REST{store.Narrow(s, visibility, store.InTenant())}, nil
}

// Fields that field selectors may name.
func Fields() []store.Field[*v1alpha1.PolicySet] {
	return []store.Field[*v1alpha1.PolicySet]{store.TenantField[*v1alpha1.PolicySet]()}
}

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }

func columns() store.Columns[*v1alpha1.PolicySet] {
	return store.Columns[*v1alpha1.PolicySet]{
		Definitions: []metav1.TableColumnDefinition{
			store.Column("Tenant", "Tenant that the policy set belongs to."),
			store.NumberColumn("Rules", "Number of rules."),
			store.Column("Description", "What the policy set is for."),
		},
		Cells: func(p *v1alpha1.PolicySet) []any {
			return []any{p.Labels[v1alpha1.LabelTenant], int64(len(p.Spec.Rules)), p.Spec.Description}
		},
	}
}
