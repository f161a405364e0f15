package facade_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaRefusals returns what a schema does not allow, made of a body that it does.
func schemaRefusals(t *testing.T, body string, schema *openapi3.Schema) []refusal {
	t.Helper()
	var good any
	if err := json.Unmarshal([]byte(body), &good); err != nil {
		t.Fatal(err)
	}
	b := breaker{t: t, good: good}
	b.walk(good, schema, nil)
	return b.rows
}

const tooLarge = "a number that is too large"

// breaker makes one thing wrong at a time.
type breaker struct {
	t    *testing.T
	good any
	rows []refusal
}

// gone is the value of what is left out.
type gone struct{}

// wrong adds a row: the body with another value at a path.
func (b *breaker) wrong(what string, value any, path ...any) {
	b.t.Helper()
	encoded, err := json.Marshal(replaced(b.good, value, path))
	if err != nil {
		b.t.Fatal(err)
	}
	b.rows = append(b.rows, refusal{what: what, body: string(encoded), status: 422, field: named(path)})
}

// replaced returns a copy with another value at a path.
func replaced(from, value any, path []any) any {
	if len(path) == 0 {
		return value
	}
	switch from := from.(type) {
	case map[string]any:
		out, name := maps.Clone(from), path[0].(string)
		if out[name] = replaced(from[name], value, path[1:]); out[name] == (gone{}) {
			delete(out, name)
		}
		return out
	case []any:
		out := slices.Clone(from)
		out[path[0].(int)] = replaced(from[path[0].(int)], value, path[1:])
		return out
	}
	return value
}

// named writes a path as details do.
func named(path []any) string {
	var out strings.Builder
	for _, part := range path {
		if index, ok := part.(int); ok {
			fmt.Fprintf(&out, "[%d]", index)
			continue
		}
		fmt.Fprintf(&out, ".%s", part)
	}
	return strings.TrimPrefix(out.String(), ".")
}

// walk makes each part of a value wrong in turn, as its schema says.
func (b *breaker) walk(value any, schema *openapi3.Schema, path []any) {
	at := func(part any) []any { return append(slices.Clone(path), part) }
	switch value := value.(type) {
	case map[string]any:
		for _, name := range schema.Required {
			b.wrong("a missing field", gone{}, at(name)...)
		}
		if len(schema.Properties) > 0 {
			b.wrong("an unknown field", 1, at("unknown")...)
		}
		for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
			b.property(schema.Properties[name].Value, at(name))
			if inner, ok := value[name]; ok {
				b.walk(inner, schema.Properties[name].Value, at(name))
			}
		}
		if of := schema.AdditionalProperties.Schema; of != nil && of.Value.Type.Is("string") {
			for _, name := range slices.Sorted(maps.Keys(value)) {
				b.property(of.Value, at(name))
			}
		}
	case []any:
		for i, item := range value {
			b.property(schema.Items.Value, at(i))
			b.walk(item, schema.Items.Value, at(i))
		}
	}
}

// property makes a field wrong as a whole.
func (b *breaker) property(schema *openapi3.Schema, path []any) {
	kind := schema.Type
	switch {
	case kind.Is("string"):
		b.wrong("a wrong type", 7, path...)
		if schema.MaxLength != nil {
			b.wrong("a text that is too long", strings.Repeat("x", int(*schema.MaxLength)+1), path...)
		}
		if strings.Contains(schema.Pattern, "[numkMGTPE]") {
			for _, bad := range []string{"x", "", "1.2.3", "-1", "1KiB"} {
				b.wrong("a bad quantity", bad, path...)
			}
		}
	case kind.Is("integer"):
		b.wrong("a wrong type", "x", path...)
		b.wrong("half a number", 1.5, path...)
		b.wrong("a negative number", -1, path...)
		if schema.Min != nil {
			b.wrong("a number that is too small", *schema.Min-1, path...)
		}
		if schema.Max != nil {
			b.wrong(tooLarge, *schema.Max+1, path...)
		}
	case kind.Is("boolean"), kind.Is("object"):
		b.wrong("a wrong type", "x", path...)
	case kind.Is("array"):
		b.wrong("a wrong type", map[string]any{}, path...)
	}
}
