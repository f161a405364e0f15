package accessgrant

import (
	"context"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	checkName := func(name string) []string { return validation.NameIsDNSSubdomain(name, false) }
	return strategy{store.NewBase(scheme, true, checkName)}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields("spec")
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	grant := obj.(*v1alpha1.AccessGrant)
	grant.Generation = 1
	store.SetFinalizer(grant)
	if tenant, _, ok := v1alpha1.SplitNamespace(grant.Namespace); ok {
		store.SetLabel(grant, v1alpha1.LabelTenant, tenant)
	}
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	obj.(*v1alpha1.AccessGrant).Spec = old.(*v1alpha1.AccessGrant).Spec
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	grant := obj.(*v1alpha1.AccessGrant)
	return append(s.ValidateName(grant), store.ValidateTenantNamespace(grant)...)
}

func (strategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}

// issuedStrategy lets the server put in when the token really ends.
type issuedStrategy struct{ store.Strategy }

func (issuedStrategy) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
