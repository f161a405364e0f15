package store

import (
	"bytes"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// MaxPropertiesBytes limits one set of properties; etcd refuses objects above 1.5 MiB.
const MaxPropertiesBytes = 64 << 10

// ValidateProperties checks that properties are a JSON object of bounded size.
// What may stand in it is for the renderer to say.
func ValidateProperties(properties *runtime.RawExtension, path *field.Path) field.ErrorList {
	if properties == nil || len(properties.Raw) == 0 {
		return nil
	}
	if len(properties.Raw) > MaxPropertiesBytes {
		return field.ErrorList{field.TooLong(path, "", MaxPropertiesBytes)}
	}
	var object map[string]any
	if err := json.Unmarshal(properties.Raw, &object); err != nil || bytes.Equal(bytes.TrimSpace(properties.Raw), []byte("null")) {
		return field.ErrorList{field.Invalid(path, string(truncate(properties.Raw)), "must be a JSON object")}
	}
	return nil
}

// ValidateRules checks the properties of rules.
func ValidateRules(rules []v1alpha1.PolicyRule, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, rule := range rules {
		errs = append(errs, ValidateProperties(rule.Spec.Properties, path.Index(i).Child("spec", "properties"))...)
	}
	return errs
}

func truncate(raw []byte) []byte {
	const most = 64
	if len(raw) > most {
		return raw[:most]
	}
	return raw
}
