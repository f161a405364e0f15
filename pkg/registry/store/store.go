// Package store builds the etcd-backed storage that every KubeNova resource has
// in common; each resource adds its strategy, columns and fields.
package store

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/client-go/tools/cache"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Object is an API object of KubeNova.
type Object interface {
	runtime.Object
	metav1.Object
}

// Strategy is what a resource brings along for its main path.
type Strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
	rest.RESTDeleteStrategy
	rest.ResetFieldsStrategy
	rest.DeclarativeValidationStrategy
}

// Resource describes one resource to New.
type Resource[T Object] struct {
	// Plural and Singular name the resource.
	Plural, Singular string
	// New and NewList make empty objects.
	New     func() T
	NewList func() runtime.Object
	// Strategy for the main path.
	Strategy Strategy
	// Columns of kubectl get.
	Columns Columns[T]
	// Fields that field selectors may name besides metadata.name, metadata.namespace
	// and metadata.uid; all of them are served from an index, of those that are
	// selected by the first in this order.
	Fields []Field[T]
}

// New returns the store of a resource.
func New[T Object](r Resource[T], optsGetter generic.RESTOptionsGetter) (*genericregistry.Store, error) {
	selectable := r.selectableFields()
	s := &genericregistry.Store{
		NewFunc:                   func() runtime.Object { return r.New() },
		NewListFunc:               r.NewList,
		PredicateFunc:             r.predicate(selectable),
		DefaultQualifiedResource:  v1alpha1.Resource(r.Plural),
		SingularQualifiedResource: v1alpha1.Resource(r.Singular),
		CreateStrategy:            r.Strategy,
		UpdateStrategy:            r.Strategy,
		DeleteStrategy:            r.Strategy,
		ResetFieldsStrategy:       r.Strategy,
		TableConvertor:            r.Columns,
	}
	indexers := r.indexers(selectable)
	options := &generic.StoreOptions{RESTOptions: optsGetter, AttrFunc: r.attrs(selectable), Indexers: &indexers}
	if err := s.CompleteWithOptions(options); err != nil {
		return nil, fmt.Errorf("completing the store of %s: %w", r.Plural, err)
	}
	return s, nil
}

// selectableFields adds metadata.uid, by which the REST door looks objects up.
func (r Resource[T]) selectableFields() []Field[T] {
	uid := Field[T]{Name: "metadata.uid", Value: func(obj T) string { return string(obj.GetUID()) }}
	return append([]Field[T]{uid}, r.Fields...)
}

func (r Resource[T]) predicate(selectable []Field[T]) func(labels.Selector, fields.Selector) storage.SelectionPredicate {
	var indexed, many []string
	for _, field := range selectable {
		indexed = append(indexed, field.Name)
		if field.Values != nil {
			many = append(many, field.Name)
		}
	}
	attrs := r.attrs(selectable)
	return func(label labels.Selector, field fields.Selector) storage.SelectionPredicate {
		return storage.SelectionPredicate{Label: label, Field: selectMany(field, many), GetAttrs: attrs, IndexFields: indexed}
	}
}

func (r Resource[T]) attrs(selectable []Field[T]) storage.AttrFunc {
	return func(obj runtime.Object) (labels.Set, fields.Set, error) {
		typed, ok := obj.(T)
		if !ok {
			return nil, nil, fmt.Errorf("%T is not an object of %s", obj, r.Plural)
		}
		set := make(fields.Set, len(selectable)+2)
		set["metadata.name"] = typed.GetName()
		if r.Strategy.NamespaceScoped() {
			set["metadata.namespace"] = typed.GetNamespace()
		}
		for _, field := range selectable {
			field.attribute(typed, set)
		}
		return typed.GetLabels(), set, nil
	}
}

func (r Resource[T]) indexers(selectable []Field[T]) cache.Indexers {
	indexers := cache.Indexers{}
	for _, field := range selectable {
		indexers[storage.FieldIndex(field.Name)] = func(obj any) ([]string, error) {
			typed, ok := obj.(T)
			if !ok {
				return nil, fmt.Errorf("%T is not an object of %s", obj, r.Plural)
			}
			return field.values(typed), nil
		}
	}
	return indexers
}
