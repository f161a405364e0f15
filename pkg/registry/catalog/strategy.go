package catalog

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// strategy is the strategy of one kind of the catalog.
type strategy[T store.Object] struct {
	store.Base

	// reset are the fields that the main path leaves alone.
	reset []string
	// spec of an object; its generation counts the changes of it.
	spec func(T) any
	// keep carries over to an updated object what the main path leaves alone.
	keep func(updated, stored T)
	// validate says what declarative validation cannot.
	validate func(T) field.ErrorList
}

func (s strategy[T]) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields(s.reset...)
}

func (s strategy[T]) PrepareForCreate(_ context.Context, obj runtime.Object) {
	created := obj.(T)
	s.keep(created, *new(T))
	created.SetGeneration(1)
}

func (s strategy[T]) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	updated, stored := obj.(T), old.(T)
	s.keep(updated, stored)
	if !apiequality.Semantic.DeepEqual(s.spec(updated), s.spec(stored)) {
		updated.SetGeneration(stored.GetGeneration() + 1)
	}
}

func (s strategy[T]) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	return append(s.ValidateName(obj.(T)), s.validate(obj.(T))...)
}

func (s strategy[T]) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return s.validate(obj.(T))
}

func newPlanStrategy(scheme *runtime.Scheme) strategy[*v1alpha1.Plan] {
	return strategy[*v1alpha1.Plan]{
		Base:  store.NewBase(scheme, false, v1alpha1.CheckPlanName),
		reset: []string{"status"},
		spec:  func(p *v1alpha1.Plan) any { return p.Spec },
		keep: func(updated, stored *v1alpha1.Plan) {
			updated.Status = v1alpha1.PlanStatus{}
			if stored != nil {
				updated.Status = stored.Status
			}
		},
		validate: func(p *v1alpha1.Plan) field.ErrorList { return ValidatePlan(p.Spec, field.NewPath("spec")) },
	}
}

func newPlanStatusStrategy(main strategy[*v1alpha1.Plan]) store.StatusStrategy[*v1alpha1.Plan] {
	return store.StatusStrategy[*v1alpha1.Plan]{
		Strategy:   main,
		KeepSpec:   func(updated, stored *v1alpha1.Plan) { updated.Spec = stored.Spec },
		Conditions: func(p *v1alpha1.Plan) []metav1.Condition { return p.Status.Conditions },
	}
}

func newPolicySetStrategy(scheme *runtime.Scheme) strategy[*v1alpha1.CatalogPolicySet] {
	return strategy[*v1alpha1.CatalogPolicySet]{
		Base: store.NewBase(scheme, false, v1alpha1.CheckPolicySetName),
		spec: func(p *v1alpha1.CatalogPolicySet) any { return p.Spec },
		keep: func(_, _ *v1alpha1.CatalogPolicySet) {},
		validate: func(p *v1alpha1.CatalogPolicySet) field.ErrorList {
			return ValidatePolicySet(p.Spec.PolicySetSpec, field.NewPath("spec"))
		},
	}
}

func newItemStrategy(scheme *runtime.Scheme) strategy[*v1alpha1.CatalogItem] {
	return strategy[*v1alpha1.CatalogItem]{
		// The name is <type>-<name>, which validateItem checks as a whole.
		Base:     store.NewBase(scheme, false, func(string) []string { return nil }),
		spec:     func(i *v1alpha1.CatalogItem) any { return i.Spec },
		keep:     func(_, _ *v1alpha1.CatalogItem) {},
		validate: validateItem,
	}
}
