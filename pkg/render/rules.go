package render

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// rule checks a decoded JSON value.
type rule func(value any, path *field.Path) field.ErrorList

// fields of an object by name.
type fields map[string]rule

// object accepts an object with all of the required fields, any of the optional
// ones, and no other.
func object(required, optional fields) rule {
	return func(value any, path *field.Path) (errs field.ErrorList) {
		in, ok := value.(map[string]any)
		if !ok {
			return wrongType(path, "an object")
		}
		for _, key := range sortedKeys(required) {
			if _, found := in[key]; !found {
				errs = append(errs, field.Required(path.Child(key), ""))
			}
		}
		for _, key := range sortedKeys(in) {
			check, found := required[key]
			if !found {
				check, found = optional[key]
			}
			if !found {
				errs = append(errs, field.Forbidden(path.Child(key), "is not accepted here"))
				continue
			}
			errs = append(errs, check(in[key], path.Child(key))...)
		}
		return errs
	}
}

// all accepts what every rule accepts.
func all(rules ...rule) rule {
	return func(value any, path *field.Path) field.ErrorList {
		for _, check := range rules {
			if errs := check(value, path); len(errs) > 0 {
				return errs
			}
		}
		return nil
	}
}

// list accepts a list of what item accepts.
func list(item rule) rule {
	return func(value any, path *field.Path) (errs field.ErrorList) {
		in, ok := value.([]any)
		if !ok {
			return wrongType(path, "a list")
		}
		for i := range in {
			errs = append(errs, item(in[i], path.Index(i))...)
		}
		return errs
	}
}

// mapOf accepts an object with any keys that key accepts.
func mapOf(key func(string) []string, item rule) rule {
	return func(value any, path *field.Path) (errs field.ErrorList) {
		in, ok := value.(map[string]any)
		if !ok {
			return wrongType(path, "an object")
		}
		for _, k := range sortedKeys(in) {
			if problems := key(k); len(problems) > 0 {
				errs = append(errs, field.Invalid(path.Key(k), k, strings.Join(problems, ", ")))
			}
			errs = append(errs, item(in[k], path.Key(k))...)
		}
		return errs
	}
}

// text accepts a string.
func text(value any, path *field.Path) field.ErrorList {
	if _, ok := value.(string); !ok {
		return wrongType(path, "a string")
	}
	return nil
}

// nonEmpty accepts a string that says something.
func nonEmpty(value any, path *field.Path) field.ErrorList {
	if s, ok := value.(string); ok && s == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return text(value, path)
}

// oneOf accepts one of some strings.
func oneOf(accepted ...string) rule {
	return func(value any, path *field.Path) field.ErrorList {
		if s, ok := value.(string); !ok || !slices.Contains(accepted, s) {
			return field.ErrorList{field.NotSupported(path, fmt.Sprint(value), accepted)}
		}
		return nil
	}
}

// matching accepts a string of a form.
func matching(form *regexp.Regexp, says string) rule {
	return func(value any, path *field.Path) field.ErrorList {
		if s, ok := value.(string); !ok || !form.MatchString(s) {
			return field.ErrorList{field.Invalid(path, value, "must be "+says)}
		}
		return nil
	}
}

func boolean(value any, path *field.Path) field.ErrorList {
	if _, ok := value.(bool); !ok {
		return wrongType(path, "true or false")
	}
	return nil
}

// integer accepts a whole number from low to high.
func integer(low, high int64) rule {
	return func(value any, path *field.Path) field.ErrorList {
		n, ok := toInt(value)
		if !ok {
			return wrongType(path, "a whole number")
		}
		if n < low || n > high {
			return field.ErrorList{field.Invalid(path, n, fmt.Sprintf("must be between %d and %d", low, high))}
		}
		return nil
	}
}

func count(value any, path *field.Path) field.ErrorList {
	return integer(0, math.MaxInt32)(value, path)
}

func port(value any, path *field.Path) field.ErrorList { return integer(1, 65535)(value, path) }

// quantity accepts what Kubernetes reads as an amount, written as a string.
func quantity(value any, path *field.Path) field.ErrorList {
	s, ok := value.(string)
	if !ok {
		return wrongType(path, "a quantity, written as a string")
	}
	if q, err := v1alpha1.ParseAmount(s); err != nil || q.Sign() < 0 {
		return field.ErrorList{field.Invalid(path, s, "must be a quantity, such as 500m or 1Gi")}
	}
	return nil
}

func toInt(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil
}

func wrongType(path *field.Path, says string) field.ErrorList {
	return field.ErrorList{field.TypeInvalid(path, field.OmitValueType{}, "must be "+says)}
}

// requires asks for fields that another rule only allows.
func requires(keys ...string) rule {
	return func(value any, path *field.Path) (errs field.ErrorList) {
		in, _ := value.(map[string]any)
		for _, key := range keys {
			if _, found := in[key]; !found {
				errs = append(errs, field.Required(path.Child(key), ""))
			}
		}
		return errs
	}
}

// anything accepts every value.
func anything(any, *field.Path) field.ErrorList { return nil }

// filled accepts an object or list that is not empty.
func filled(value any, path *field.Path) field.ErrorList {
	object, isObject := value.(map[string]any)
	list, isList := value.([]any)
	if isObject && len(object) == 0 || isList && len(list) == 0 {
		return field.ErrorList{field.Required(path, "must not be empty")}
	}
	return nil
}
