package policyset

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	return strategy{store.NewBase(scheme, true, v1alpha1.CheckPolicySetName)}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields()
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	policySet := obj.(*v1alpha1.PolicySet)
	policySet.Generation = 1
	setDerived(policySet)
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	policySet, stored := obj.(*v1alpha1.PolicySet), old.(*v1alpha1.PolicySet)
	setDerived(policySet)
	if !apiequality.Semantic.DeepEqual(policySet.Spec, stored.Spec) {
		policySet.Generation = stored.Generation + 1
	}
}

func setDerived(policySet *v1alpha1.PolicySet) {
	if tenant, _, ok := v1alpha1.SplitNamespace(policySet.Namespace); ok {
		store.SetLabel(policySet, v1alpha1.LabelTenant, tenant)
	}
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	policySet := obj.(*v1alpha1.PolicySet)
	errs := append(s.ValidateName(policySet), store.ValidateTenantNamespace(policySet)...)
	return append(errs, store.ValidateRules(policySet.Spec.Rules, rulesPath())...)
}

func (strategy) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return store.ValidateRules(obj.(*v1alpha1.PolicySet).Spec.Rules, rulesPath())
}

func rulesPath() *field.Path { return field.NewPath("spec", "rules") }
