package store

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const serviceAccountPrefix = "system:serviceaccount:"

// ValidateSubject refuses the identities that belong to Kubernetes itself: an
// owner or member of that name would hand rights to a system component.
func ValidateSubject(kind v1alpha1.SubjectKind, name string, path *field.Path) *field.Error {
	switch {
	case strings.TrimSpace(name) != name:
		return field.Invalid(path, name, "must not begin or end with white space")
	case kind == v1alpha1.SubjectServiceAccount:
		if !isServiceAccount(name) {
			return field.Invalid(path, name, "must be "+serviceAccountPrefix+"<namespace>:<name>")
		}
	case strings.HasPrefix(name, "system:"):
		return field.Invalid(path, name, `must not begin with "system:"`)
	}
	return nil
}

func isServiceAccount(name string) bool {
	rest, ok := strings.CutPrefix(name, serviceAccountPrefix)
	if !ok {
		return false
	}
	namespace, account, ok := strings.Cut(rest, ":")
	return ok && len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(account)) == 0
}
