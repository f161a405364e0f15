package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// decode reads properties and checks them. What it returns is what is written
// to the revision, so that nothing unchecked (a key twice, say) passes by.
func decode(raw *runtime.RawExtension, check rule, path *field.Path) (map[string]any, field.ErrorList) {
	properties := map[string]any{}
	if data, err := marshal(raw); err != nil {
		return nil, field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be JSON")}
	} else if data != nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&properties); err != nil || properties == nil {
			return nil, field.ErrorList{field.TypeInvalid(path, field.OmitValueType{}, "must be an object")}
		}
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			return nil, field.ErrorList{field.Invalid(path, field.OmitValueType{}, "must be one JSON value")}
		}
	}
	return properties, check(properties, path)
}

// marshal returns the JSON of an extension, or nothing when there is none.
func marshal(raw *runtime.RawExtension) ([]byte, error) {
	if raw == nil || raw.Raw == nil && raw.Object == nil {
		return nil, nil
	}
	if raw.Raw != nil {
		return raw.Raw, nil
	}
	return json.Marshal(raw.Object)
}

// encode writes properties as compact JSON with sorted keys.
func encode(properties map[string]any) *runtime.RawExtension {
	if len(properties) == 0 {
		return nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(properties); err != nil {
		// Everything in properties came out of a JSON decoder or is a literal here.
		panic("encoding decoded JSON: " + err.Error())
	}
	return &runtime.RawExtension{Raw: bytes.TrimSuffix(out.Bytes(), []byte("\n"))}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
