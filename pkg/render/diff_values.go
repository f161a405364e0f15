package render

import "slices"

// shape is how two values are compared.
type shape int

const (
	plain shape = iota
	objects
	entries
)

// shapeOf says how to compare two values: objects by their fields, lists by their
// entries when those have names, and everything else as a whole.
func shapeOf(before, after any) shape {
	if is[map[string]any](before, after) {
		return objects
	}
	if is[[]any](before, after) && keyOf(listOf(before), listOf(after)) != "" {
		return entries
	}
	return plain
}

// is says whether both values are of a type, or one of them is missing.
func is[T any](before, after any) bool {
	_, b := before.(T)
	_, a := after.(T)
	return (b || before == nil) && (a || after == nil) && (b || a)
}

func fieldsOf(value any) map[string]any {
	out, _ := value.(map[string]any)
	return out
}

func listOf(value any) []any {
	out, _ := value.([]any)
	return out
}

func (s side) field(key string) side {
	return side{fieldsOf(s.value)[key], fieldsOf(s.shown)[key], s.origin}
}

// entry is an entry of a list, or nothing below 0.
func (s side) entry(i int) side {
	if i < 0 {
		return side{origin: s.origin}
	}
	return side{listOf(s.value)[i], listOf(s.shown)[i], s.origin}
}

// keyOf returns the field by which the entries of both lists can be told apart.
func keyOf(before, after []any) string {
	for _, key := range []string{"name", "type"} {
		if named(before, key) && named(after, key) {
			return key
		}
	}
	return ""
}

// named says whether every entry has a value of its own in the field.
func named(list []any, key string) bool {
	seen := map[string]bool{}
	for _, entry := range list {
		name := nameOf(entry, key)
		if name == "" || seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

func nameOf(entry any, key string) string {
	name, _ := fieldsOf(entry)[key].(string)
	return name
}

func indexOf(list any, key, name string) int {
	return slices.IndexFunc(listOf(list), func(entry any) bool { return nameOf(entry, key) == name })
}

// at is the origin of a path: its own, or that of what it lies in.
func at(origins map[string]string, path, inherited string) string {
	if own, found := origins[path]; found {
		return own
	}
	return inherited
}

// part of a value that comes from elsewhere than the rest.
type part struct {
	path, origin string
	value        any
}

// cut returns a copy of a value without the parts that come from elsewhere.
func cut(value any, path, origin string, origins map[string]string, apart *[]part) any {
	keep := func(child any, path string) (any, bool) {
		if own := at(origins, path, origin); own != origin {
			*apart = append(*apart, part{path, own, child})
			return nil, false
		}
		out := cut(child, path, origin, origins, apart)
		return out, !empty(out) || empty(child)
	}
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, key := range sortedKeys(v) {
			if child, kept := keep(v[key], join(path, key)); kept {
				out[key] = child
			}
		}
		return out
	case []any:
		key := keyOf(v, nil)
		if key == "" {
			return v
		}
		out := []any{}
		for _, entry := range v {
			if child, kept := keep(entry, path+bracket(nameOf(entry, key))); kept {
				out = append(out, child)
			}
		}
		return out
	default:
		return value
	}
}

func empty(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	default:
		return false
	}
}
