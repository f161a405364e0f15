package store

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Field selectors by what an object's namespace stands for.
const (
	FieldTenant  = "tenant"
	FieldProject = "project"
)

// TenantField selects by the name of the tenant that an object belongs to.
func TenantField[T Object]() Field[T] {
	return Field[T]{Name: FieldTenant, Value: func(obj T) string {
		tenant, _, _ := v1alpha1.SplitNamespace(obj.GetNamespace())
		return tenant
	}}
}

// ProjectField selects by the name of the project that an object belongs to;
// project names are unique within a tenant only.
func ProjectField[T Object]() Field[T] {
	return Field[T]{Name: FieldProject, Value: func(obj T) string {
		_, project, _ := v1alpha1.SplitNamespace(obj.GetNamespace())
		return project
	}}
}

// ValidateTenantNamespace checks that an object lives in a tenant's namespace.
func ValidateTenantNamespace(obj metav1.Object) field.ErrorList {
	if _, project, ok := v1alpha1.SplitNamespace(obj.GetNamespace()); ok && project == "" {
		return nil
	}
	return invalidNamespace(obj, "must be the namespace of a tenant: kn-<tenant>")
}

// ValidateProjectNamespace checks that an object lives in a project's namespace.
func ValidateProjectNamespace(obj metav1.Object) field.ErrorList {
	if _, project, ok := v1alpha1.SplitNamespace(obj.GetNamespace()); ok && project != "" {
		return nil
	}
	return invalidNamespace(obj, "must be the namespace of a project: kn-<tenant>--<project>")
}

func invalidNamespace(obj metav1.Object, detail string) field.ErrorList {
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "namespace"), obj.GetNamespace(), detail)}
}
