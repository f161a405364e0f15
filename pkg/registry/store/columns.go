package store

import (
	"context"
	"fmt"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/table"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Columns converts the objects of a resource to the Table that kubectl get shows.
type Columns[T Object] struct {
	// Definitions of the columns between NAME and AGE, which every table has.
	Definitions []metav1.TableColumnDefinition
	// Cells of one object, one for each definition.
	Cells func(T) []any
}

// ConvertToTable implements rest.TableConvertor.
func (c Columns[T]) ConvertToTable(_ context.Context, obj, options runtime.Object) (*metav1.Table, error) {
	result := &metav1.Table{}
	if list, err := apimeta.ListAccessor(obj); err == nil {
		result.ResourceVersion = list.GetResourceVersion()
		result.Continue = list.GetContinue()
		result.RemainingItemCount = list.GetRemainingItemCount()
	} else if single, err := apimeta.CommonAccessor(obj); err == nil {
		result.ResourceVersion = single.GetResourceVersion()
	}
	if opts, ok := options.(*metav1.TableOptions); !ok || !opts.NoHeaders {
		result.ColumnDefinitions = c.definitions()
	}
	rows, err := table.MetaToTableRow(obj, c.row)
	if err != nil {
		return nil, err
	}
	result.Rows = rows
	return result, nil
}

func (c Columns[T]) definitions() []metav1.TableColumnDefinition {
	name := metav1.TableColumnDefinition{Name: "Name", Type: "string", Format: "name", Description: "Name of the object."}
	age := metav1.TableColumnDefinition{Name: "Age", Type: "string", Description: "Time since the object was created."}
	all := append([]metav1.TableColumnDefinition{name}, c.Definitions...)
	return append(all, age)
}

func (c Columns[T]) row(obj runtime.Object, _ metav1.Object, name, age string) ([]any, error) {
	typed, ok := obj.(T)
	if !ok {
		return nil, fmt.Errorf("no columns for %T", obj)
	}
	cells := append([]any{name}, c.Cells(typed)...)
	return append(cells, age), nil
}

// Column defines a column of text.
func Column(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description}
}

// NumberColumn defines a column of whole numbers.
func NumberColumn(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "integer", Description: description}
}

// WideColumn defines a column of text that only kubectl get -o wide shows.
func WideColumn(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description, Priority: 1}
}

// ConditionStatus returns the status of a condition as a cell: Unknown when it is not there.
func ConditionStatus(conditions []metav1.Condition, conditionType string) string {
	if c := apimeta.FindStatusCondition(conditions, conditionType); c != nil {
		return string(c.Status)
	}
	return string(metav1.ConditionUnknown)
}

// ConditionMessage returns the message of a condition as a cell.
func ConditionMessage(conditions []metav1.Condition, conditionType string) string {
	if c := apimeta.FindStatusCondition(conditions, conditionType); c != nil {
		return c.Message
	}
	return ""
}
