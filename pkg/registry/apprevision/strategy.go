package apprevision

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

type strategy struct{ store.Base }

func newStrategy(scheme *runtime.Scheme) strategy {
	// The name is <app>-<number>, which validateName checks as a whole.
	return strategy{store.NewBase(scheme, true, func(string) []string { return nil })}
}

func (strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return store.ResetFields()
}

func (strategy) PrepareForCreate(_ context.Context, obj runtime.Object) {
	revision := obj.(*v1alpha1.AppRevision)
	revision.Generation = 1
	setDerived(revision)
}

func (strategy) PrepareForUpdate(_ context.Context, obj, _ runtime.Object) {
	setDerived(obj.(*v1alpha1.AppRevision))
}

func setDerived(revision *v1alpha1.AppRevision) {
	tenant, project, ok := v1alpha1.SplitNamespace(revision.Namespace)
	if !ok {
		return
	}
	store.SetLabel(revision, v1alpha1.LabelTenant, tenant)
	store.SetLabel(revision, v1alpha1.LabelProject, project)
	store.SetLabel(revision, v1alpha1.LabelApp, revision.Spec.App)
}

func (s strategy) Validate(_ context.Context, obj runtime.Object) field.ErrorList {
	revision := obj.(*v1alpha1.AppRevision)
	return append(validateName(revision), store.ValidateProjectNamespace(revision)...)
}

func validateName(revision *v1alpha1.AppRevision) field.ErrorList {
	wanted := v1alpha1.RevisionName(revision.Spec.App, revision.Spec.Revision)
	if revision.Name == wanted {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), revision.Name,
		"must be <spec.app>-<spec.revision>: "+wanted)}
}

// ValidateUpdate allows changes of metadata alone: the spec is immutable by its declaration.
func (strategy) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}
