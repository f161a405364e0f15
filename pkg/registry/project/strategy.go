package project

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
	return strategy{store.NewBase(scheme, true, v1alpha1.CheckProjectName)}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields("status")
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	project := obj.(*v1alpha1.Project)
	project.Status = v1alpha1.ProjectStatus{}
	project.Generation = 1
	setDerived(project)
}

func (strategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	project, stored := obj.(*v1alpha1.Project), old.(*v1alpha1.Project)
	project.Status = stored.Status
	store.KeepCascade(project, stored)
	setDerived(project)
	if !apiequality.Semantic.DeepEqual(project.Spec, stored.Spec) {
		project.Generation = stored.Generation + 1
	}
}

func setDerived(project *v1alpha1.Project) {
	store.SetFinalizer(project)
	if tenant, _, ok := v1alpha1.SplitNamespace(project.Namespace); ok {
		store.SetLabel(project, v1alpha1.LabelTenant, tenant)
		store.SetLabel(project, v1alpha1.LabelProject, project.Name)
	}
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	project := obj.(*v1alpha1.Project)
	errs := append(s.ValidateName(project), store.ValidateTenantNamespace(project)...)
	return append(errs, validateAccess(project)...)
}

func (strategy) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return validateAccess(obj.(*v1alpha1.Project))
}

func validateAccess(project *v1alpha1.Project) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec", "access")
	for i, member := range project.Spec.Access {
		if err := store.ValidateSubject(member.Kind, member.Name, path.Index(i).Child("name")); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func newStatusStrategy(main strategy) store.StatusStrategy[*v1alpha1.Project] {
	return store.StatusStrategy[*v1alpha1.Project]{
		Strategy:   main,
		KeepSpec:   func(updated, stored *v1alpha1.Project) { updated.Spec = stored.Spec },
		Conditions: func(project *v1alpha1.Project) []metav1.Condition { return project.Status.Conditions },
	}
}
