package store

import (
	"slices"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/selection"
)

// Field is a selectable field. It has one value, or with Values any number of
// them: name=value then selects the objects of which one value is that, and
// name!=value those of which none is.
type Field[T Object] struct {
	Name   string
	Value  func(T) string
	Values func(T) []string
}

func (f Field[T]) values(obj T) []string {
	if f.Values != nil {
		return f.Values(obj)
	}
	return []string{f.Value(obj)}
}

// attribute adds the field of an object to its attributes. These hold one value of
// a name, so that each of many values gets a name of its own.
func (f Field[T]) attribute(obj T, set fields.Set) {
	if f.Values == nil {
		set[f.Name] = f.Value(obj)
		return
	}
	for _, value := range f.Values(obj) {
		set[oneOf(f.Name, value)] = ""
	}
}

// oneOf names one value of a field that has many. No field selector can name it.
func oneOf(name, value string) string { return name + "\x00" + value }

// FieldNames lists the names of fields, for the scheme's conversion of field selectors.
func FieldNames[T Object](selectable []Field[T]) []string {
	names := make([]string, 0, len(selectable))
	for _, field := range selectable {
		names = append(names, field.Name)
	}
	return names
}

// selectMany returns a selector that understands the fields of many values among
// its terms. It is the same to whoever looks terms up, as for an index.
func selectMany(selector fields.Selector, many []string) fields.Selector {
	isMany := func(name string) bool { return slices.Contains(many, name) }
	terms := slices.DeleteFunc(selector.Requirements(), func(r fields.Requirement) bool { return !isMany(r.Field) })
	if len(terms) == 0 {
		return selector
	}
	others, err := selector.Transform(func(name, value string) (string, string, error) {
		if isMany(name) {
			return "", "", nil // leaves the term out
		}
		return name, value, nil
	})
	if err != nil {
		return fields.Nothing()
	}
	return manySelector{Selector: selector, terms: terms, others: others}
}

// manySelector selects by fields of many values, among others.
type manySelector struct {
	fields.Selector
	terms  fields.Requirements
	others fields.Selector
}

// Matches implements fields.Selector.
func (s manySelector) Matches(f fields.Fields) bool {
	for _, term := range s.terms {
		if f.Has(oneOf(term.Field, term.Value)) == (term.Operator == selection.NotEquals) {
			return false
		}
	}
	return s.others.Matches(f)
}

// DeepCopySelector implements fields.Selector.
func (s manySelector) DeepCopySelector() fields.Selector { return s }
