package app

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

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	return strategy{store.NewBase(scheme, true, v1alpha1.CheckAppName)}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields("status")
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	app := obj.(*v1alpha1.App)
	app.Status = v1alpha1.AppStatus{Phase: v1alpha1.AppPending}
	app.Generation = 1
	setDerived(app)
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	app, stored := obj.(*v1alpha1.App), old.(*v1alpha1.App)
	app.Status = stored.Status
	setDerived(app)
	if !apiequality.Semantic.DeepEqual(app.Spec, stored.Spec) {
		app.Generation = stored.Generation + 1
	}
}

func setDerived(app *v1alpha1.App) {
	store.SetFinalizer(app)
	if tenant, project, ok := v1alpha1.SplitNamespace(app.Namespace); ok {
		store.SetLabel(app, v1alpha1.LabelTenant, tenant)
		store.SetLabel(app, v1alpha1.LabelProject, project)
	}
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	app := obj.(*v1alpha1.App)
	errs := append(s.ValidateName(app), store.ValidateProjectNamespace(app)...)
	return append(errs, validateSpec(&app.Spec, field.NewPath("spec"))...)
}

func (strategy) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return validateSpec(&obj.(*v1alpha1.App).Spec, field.NewPath("spec"))
}

func validateSpec(spec *v1alpha1.AppSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	known := map[string]bool{}
	for i, component := range spec.Components {
		at := path.Child("components").Index(i)
		known[component.Name] = true
		errs = append(errs, store.ValidateProperties(component.Properties, at.Child("properties"))...)
		for j, trait := range component.Traits {
			errs = append(errs, store.ValidateProperties(trait.Properties, at.Child("traits").Index(j).Child("properties"))...)
		}
	}
	for i, trait := range spec.Traits {
		at := path.Child("traits").Index(i)
		errs = append(errs, store.ValidateProperties(trait.Properties, at.Child("properties"))...)
		if trait.Component != "" && !known[trait.Component] {
			errs = append(errs, field.NotFound(at.Child("component"), trait.Component))
		}
	}
	for i, policy := range spec.Policies {
		errs = append(errs, store.ValidateProperties(policy.Properties, path.Child("policies").Index(i).Child("properties"))...)
	}
	return errs
}

func newStatusStrategy(main strategy) store.StatusStrategy[*v1alpha1.App] {
	return store.StatusStrategy[*v1alpha1.App]{
		Strategy:   main,
		KeepSpec:   func(updated, stored *v1alpha1.App) { updated.Spec = stored.Spec },
		Conditions: func(app *v1alpha1.App) []metav1.Condition { return app.Status.Conditions },
	}
}
