package tenant

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

type strategy struct {
	store.Base

	plans rest.Getter
}

func newStrategy(scheme *runtime.Scheme, plans rest.Getter) strategy {
	return strategy{store.NewBase(scheme, false, v1alpha1.CheckTenantName), plans}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields("status")
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	tenant := obj.(*v1alpha1.Tenant)
	tenant.Status = v1alpha1.TenantStatus{}
	tenant.Generation = 1
	store.SetFinalizer(tenant)
	store.SetLabel(tenant, v1alpha1.LabelTenant, tenant.Name)
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	tenant, stored := obj.(*v1alpha1.Tenant), old.(*v1alpha1.Tenant)
	tenant.Status = stored.Status
	store.KeepCascade(tenant, stored)
	store.SetFinalizer(tenant)
	store.SetLabel(tenant, v1alpha1.LabelTenant, tenant.Name)
	// The cluster of a tenant never changes, so neither does the label derived from it.
	if uid, ok := stored.Labels[v1alpha1.LabelCluster]; ok {
		store.SetLabel(tenant, v1alpha1.LabelCluster, uid)
	}
	if !apiequality.Semantic.DeepEqual(tenant.Spec, stored.Spec) {
		tenant.Generation = stored.Generation + 1
	}
}

func (s strategy) Validate(ctx context.Context, obj runtime.Object) field.ErrorList {
	tenant := obj.(*v1alpha1.Tenant)
	errs := append(s.ValidateName(tenant), validateSpec(&tenant.Spec)...)
	return append(errs, s.validatePlan(ctx, tenant.Spec.Plan, "")...)
}

func (s strategy) ValidateUpdate(ctx context.Context, obj, old runtime.Object) field.ErrorList {
	tenant, stored := obj.(*v1alpha1.Tenant), old.(*v1alpha1.Tenant)
	return append(validateSpec(&tenant.Spec), s.validatePlan(ctx, tenant.Spec.Plan, stored.Spec.Plan)...)
}

func newStatusStrategy(main strategy) store.StatusStrategy[*v1alpha1.Tenant] {
	return store.StatusStrategy[*v1alpha1.Tenant]{
		Strategy:   main,
		KeepSpec:   func(updated, stored *v1alpha1.Tenant) { updated.Spec = stored.Spec },
		Conditions: func(tenant *v1alpha1.Tenant) []metav1.Condition { return tenant.Status.Conditions },
	}
}
