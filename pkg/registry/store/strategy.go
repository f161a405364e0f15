package store

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Base holds the parts of a strategy that are the same for every resource.
// A resource embeds it and overrides what differs.
type Base struct {
	rest.DeclarativeValidation
	names.NameGenerator

	namespaced bool
	checkName  func(string) []string
}

// NewBase returns the common parts of a strategy. checkName returns why a name
// is not allowed, or nothing.
func NewBase(scheme *runtime.Scheme, namespaced bool, checkName func(string) []string) Base {
	return Base{
		DeclarativeValidation: rest.DeclarativeValidation{Scheme: scheme},
		NameGenerator:         names.SimpleNameGenerator,
		namespaced:            namespaced,
		checkName:             checkName,
	}
}

// NamespaceScoped implements rest.RESTCreateStrategy.
func (b Base) NamespaceScoped() bool { return b.namespaced }

// Canonicalize implements rest.RESTCreateStrategy: stored objects have no second form.
func (Base) Canonicalize(runtime.Object) {}

// AllowCreateOnUpdate implements rest.RESTUpdateStrategy: a PUT does not create;
// server-side apply does all the same.
func (Base) AllowCreateOnUpdate(context.Context) bool { return false }

// AllowUnconditionalUpdate implements rest.RESTUpdateStrategy: kubectl replace
// without a resourceVersion works as for built-in kinds.
func (Base) AllowUnconditionalUpdate(context.Context) bool { return true }

// WarningsOnCreate implements rest.RESTCreateStrategy.
func (Base) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

// WarningsOnUpdate implements rest.RESTUpdateStrategy.
func (Base) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string { return nil }

// ValidateName checks the object's name by the rule of its resource.
func (b Base) ValidateName(obj metav1.Object) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range b.checkName(obj.GetName()) {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), obj.GetName(), problem))
	}
	return errs
}

// ResetFields names the fields that a path leaves alone, for server-side apply.
func ResetFields(paths ...string) map[fieldpath.APIVersion]*fieldpath.Set {
	set := fieldpath.NewSet()
	for _, path := range paths {
		set.Insert(fieldpath.MakePathOrDie(path))
	}
	return map[fieldpath.APIVersion]*fieldpath.Set{
		fieldpath.APIVersion(v1alpha1.SchemeGroupVersion.String()): set,
	}
}

// SetFinalizer adds the cleanup finalizer to an object that is not being deleted.
func SetFinalizer(obj metav1.Object) {
	if obj.GetDeletionTimestamp() != nil {
		return
	}
	finalizers := obj.GetFinalizers()
	for _, finalizer := range finalizers {
		if finalizer == v1alpha1.FinalizerCleanup {
			return
		}
	}
	obj.SetFinalizers(append(finalizers, v1alpha1.FinalizerCleanup))
}

// SetLabel sets a label that the server derives, whatever the caller wrote.
func SetLabel(obj metav1.Object, key, value string) {
	labels := obj.GetLabels()
	if labels[key] == value {
		return
	}
	if labels == nil {
		labels = map[string]string{}
	}
	labels[key] = value
	obj.SetLabels(labels)
}
