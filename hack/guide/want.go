package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// want is a text, or between slashes the regular expression of all of a text.
type want string

func (w want) check(got string) error {
	if expression, ok := strings.CutPrefix(string(w), "/"); ok && len(expression) > 0 && strings.HasSuffix(expression, "/") {
		matcher, err := regexp.Compile("(?s)^(?:" + strings.TrimSuffix(expression, "/") + ")$")
		if err != nil {
			return err
		}
		if !matcher.MatchString(got) {
			return fmt.Errorf("is %.300q, want %s", got, w)
		}
		return nil
	}
	if got != string(w) {
		return fmt.Errorf("is %.300q, want %q", got, string(w))
	}
	return nil
}

// checkFields compares what JSONPath expressions find in a JSON document.
func checkFields(document []byte, fields map[string]want) []error {
	if len(fields) == 0 {
		return nil
	}
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return []error{fmt.Errorf("%w in %.200q", err, document)}
	}
	var problems []error
	for _, expression := range slices.Sorted(maps.Keys(fields)) {
		got, err := find(value, expression)
		if err == nil {
			err = fields[expression].check(got)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s %w", expression, err))
		}
	}
	return problems
}

// find evaluates JSONPath as kubectl does; what is missing is empty.
func find(value any, expression string) (string, error) {
	path := jsonpath.New("field").AllowMissingKeys(true)
	if err := path.Parse(expression); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := path.Execute(&out, value); err != nil {
		return "", err
	}
	return out.String(), nil
}

// checkExample wants everything that an example has, by name and type; values
// differ, and lists are as long as they are.
func checkExample(example, got any, at string) error {
	if reflect.TypeOf(example) != reflect.TypeOf(got) {
		return fmt.Errorf("%s is %T, in the guide's example %T", at, got, example)
	}
	switch example := example.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(example)) {
			value, ok := got.(map[string]any)[name]
			if !ok {
				return fmt.Errorf("%s lacks the field %s of the guide's example", at, name)
			}
			if err := checkExample(example[name], value, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		if items := got.([]any); len(items) > 0 && len(example) > 0 {
			return checkExample(example[0], items[0], at+"[0]")
		} else if len(items) == 0 {
			return fmt.Errorf("%s is empty, in the guide's example it is not", at)
		}
	}
	return nil
}
