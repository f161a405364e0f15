package store

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// StatusStrategy is the strategy of a status subresource: spec and metadata stay
// as they are.
type StatusStrategy[T Object] struct {
	Strategy

	// KeepSpec copies the spec of the stored object into the new one.
	KeepSpec func(updated, stored T)
	// Conditions returns the conditions of an object; they are validated here
	// because declarative validation leaves metav1.Condition alone.
	Conditions func(T) []metav1.Condition
}

// PrepareForUpdate implements rest.RESTUpdateStrategy.
func (s StatusStrategy[T]) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	updated, stored := obj.(T), old.(T)
	s.KeepSpec(updated, stored)
	metav1.ResetObjectMetaForStatus(updated, stored)
}

// ValidateUpdate implements rest.RESTUpdateStrategy.
func (s StatusStrategy[T]) ValidateUpdate(_ context.Context, obj, _ runtime.Object) field.ErrorList {
	return validateConditions(s.Conditions(obj.(T)), field.NewPath("status", "conditions"))
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (StatusStrategy[T]) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return ResetFields("spec", "metadata")
}

// StatusREST serves a status subresource.
type StatusREST struct{ store *genericregistry.Store }

var (
	_ rest.Patcher = &StatusREST{}
	_ rest.Storage = &StatusREST{}
)

// NewStatusREST returns the status subresource of a store.
func NewStatusREST(main *genericregistry.Store, strategy interface {
	rest.RESTUpdateStrategy
	rest.ResetFieldsStrategy
}) *StatusREST {
	store := *main
	store.UpdateStrategy = strategy
	store.ResetFieldsStrategy = strategy
	return &StatusREST{store: &store}
}

// New implements rest.Storage.
func (r *StatusREST) New() runtime.Object { return r.store.New() }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*StatusREST) Destroy() {}

// Get implements rest.Getter, which patches need.
func (r *StatusREST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return r.store.Get(ctx, name, options)
}

// Update implements rest.Updater. A status never creates its object.
func (r *StatusREST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, createValidation rest.ValidateObjectFunc, updateValidation rest.ValidateObjectUpdateFunc, _ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.store.Update(ctx, name, info, createValidation, updateValidation, false, options)
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (r *StatusREST) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return r.store.GetResetFields()
}

// ConvertToTable implements rest.TableConvertor.
func (r *StatusREST) ConvertToTable(ctx context.Context, obj, options runtime.Object) (*metav1.Table, error) {
	return r.store.ConvertToTable(ctx, obj, options)
}

func validateConditions(conditions []metav1.Condition, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, condition := range conditions {
		at := path.Index(i)
		if condition.Type == "" {
			errs = append(errs, field.Required(at.Child("type"), ""))
		}
		switch condition.Status {
		case metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown:
		default:
			errs = append(errs, field.NotSupported(at.Child("status"), condition.Status,
				[]metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown}))
		}
		if condition.Reason == "" {
			errs = append(errs, field.Required(at.Child("reason"), ""))
		}
		if condition.LastTransitionTime.IsZero() {
			errs = append(errs, field.Required(at.Child("lastTransitionTime"), ""))
		}
		if len(condition.Message) > maxConditionMessage {
			errs = append(errs, field.TooLong(at.Child("message"), fmt.Sprintf("%d bytes", len(condition.Message)), maxConditionMessage))
		}
	}
	return errs
}

// maxConditionMessage is the limit that metav1.Condition documents, in bytes.
const maxConditionMessage = 32768
