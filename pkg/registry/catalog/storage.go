// Package catalog stores what the catalog's files say: plans, policy sets and
// what apps can be made of.
package catalog

import (
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// Storage serves the paths of the catalog.
type Storage struct {
	Plan       *REST
	PlanStatus *store.StatusREST
	PlanStop   *RolloutREST
	PlanResume *RolloutREST
	PolicySet  *REST
	Item       *REST
}

// REST serves one kind of the catalog.
type REST struct{ *genericregistry.Store }

// NewStorage returns the storage of the catalog.
func NewStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter) (Storage, error) {
	main := newPlanStrategy(scheme)
	plans, err := store.New(store.Resource[*v1alpha1.Plan]{
		Plural: "plans", Singular: "plan",
		New:      func() *v1alpha1.Plan { return &v1alpha1.Plan{} },
		NewList:  func() runtime.Object { return &v1alpha1.PlanList{} },
		Strategy: store.Traced(main),
		Columns:  planColumns(),
		Fields:   PlanFields(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	policySets, err := store.New(store.Resource[*v1alpha1.CatalogPolicySet]{
		Plural: "catalogpolicysets", Singular: "catalogpolicyset",
		New:      func() *v1alpha1.CatalogPolicySet { return &v1alpha1.CatalogPolicySet{} },
		NewList:  func() runtime.Object { return &v1alpha1.CatalogPolicySetList{} },
		Strategy: newPolicySetStrategy(scheme),
		Columns:  policySetColumns(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	items, err := store.New(store.Resource[*v1alpha1.CatalogItem]{
		Plural: "catalogitems", Singular: "catalogitem",
		New:      func() *v1alpha1.CatalogItem { return &v1alpha1.CatalogItem{} },
		NewList:  func() runtime.Object { return &v1alpha1.CatalogItemList{} },
		Strategy: newItemStrategy(scheme),
		Columns:  itemColumns(),
		Fields:   ItemFields(),
	}, optsGetter)
	if err != nil {
		return Storage{}, err
	}
	return Storage{
		Plan: &REST{plans}, PlanStatus: store.NewStatusREST(plans, newPlanStatusStrategy(main)),
		PlanStop: newStopREST(plans), PlanResume: newResumeREST(plans),
		PolicySet: &REST{policySets}, Item: &REST{items},
	}, nil
}

// PlanFields are what field selectors of plans may name.
func PlanFields() []store.Field[*v1alpha1.Plan] {
	return []store.Field[*v1alpha1.Plan]{
		{Name: v1alpha1.FieldRetired, Value: func(p *v1alpha1.Plan) string { return strconv.FormatBool(p.Spec.Retired) }},
	}
}

// ItemFields are what field selectors of catalog items may name.
func ItemFields() []store.Field[*v1alpha1.CatalogItem] {
	return []store.Field[*v1alpha1.CatalogItem]{
		{Name: v1alpha1.FieldItemType, Value: func(i *v1alpha1.CatalogItem) string { return string(i.Spec.Type) }},
	}
}

// Categories implements rest.CategoriesProvider.
func (*REST) Categories() []string { return []string{"kubenova"} }
