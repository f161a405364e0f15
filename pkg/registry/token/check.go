package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
)

// check returns how long a token is to live, and what is wrong with what is asked.
func check(spec *v1alpha1.TokenSpec) (time.Duration, field.ErrorList) {
	path := field.NewPath("spec")
	problems := checkSubject(spec.Subject, path.Child("subject"))
	if len(spec.Roles) == 0 {
		problems = append(problems, field.Required(path.Child("roles"), ""))
	}
	for i, role := range spec.Roles {
		if !slices.Contains(authz.Roles(), authz.Role(role)) {
			problems = append(problems, field.NotSupported(path.Child("roles").Index(i), role, authz.Roles()))
		}
	}
	seconds := int64(v1alpha1.DefaultTokenTTLSeconds)
	if spec.TTLSeconds != nil {
		seconds = *spec.TTLSeconds
	}
	if seconds < v1alpha1.MinTokenTTLSeconds || seconds > v1alpha1.MaxTokenTTLSeconds {
		detail := fmt.Sprintf("must be from %d to %d", v1alpha1.MinTokenTTLSeconds, v1alpha1.MaxTokenTTLSeconds)
		problems = append(problems, field.Invalid(path.Child("ttlSeconds"), seconds, detail))
	}
	return time.Duration(seconds) * time.Second, problems
}

// checkSubject refuses names that Kubernetes keeps for itself.
func checkSubject(subject string, path *field.Path) field.ErrorList {
	switch {
	case strings.TrimSpace(subject) == "":
		return field.ErrorList{field.Required(path, "")}
	case strings.HasPrefix(subject, "system:"):
		return field.ErrorList{field.Invalid(path, subject, `must not begin with "system:"`)}
	case len(subject) > v1alpha1.MaxTokenSubjectLength:
		return field.ErrorList{field.TooLong(path, nil, v1alpha1.MaxTokenSubjectLength)}
	}
	return nil
}
