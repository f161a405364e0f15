package render

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// freeKey refuses label and annotation keys by which KubeNova, Capsule and
// KubeVela recognise what is theirs.
func freeKey(key string) []string {
	problems := validation.IsQualifiedName(key)
	domain, _, _ := strings.Cut(key, "/")
	for _, reserved := range []string{"oam.dev", "kubenova.io", "clastix.io", "projectcapsule.dev"} {
		if domain == reserved || strings.HasSuffix(domain, "."+reserved) {
			problems = append(problems, "keys of "+reserved+" are reserved")
		}
	}
	if strings.HasPrefix(key, "kubenova.") && domain == key {
		problems = append(problems, `keys beginning with "kubenova." are reserved`)
	}
	return problems
}

// labelValue accepts the value of a label.
func labelValue(value any, path *field.Path) field.ErrorList {
	s, ok := value.(string)
	if !ok {
		return wrongType(path, "a string")
	}
	if problems := validation.IsValidLabelValue(s); len(problems) > 0 {
		return field.ErrorList{field.Invalid(path, s, strings.Join(problems, ", "))}
	}
	return nil
}

// anyKey accepts a key that says something.
func anyKey(key string) []string {
	if key == "" {
		return []string{"must not be empty"}
	}
	return nil
}
