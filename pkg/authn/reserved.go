package authn

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/authz"
)

// reserved begin the names of users and groups that only Kubernetes and KubeNova give.
var reserved = [...]string{"system:", "kubenova:"}

// CheckName returns why nobody from outside can have a name, as a user or a group,
// or nil.
func CheckName(name string) error {
	for _, prefix := range reserved {
		if strings.HasPrefix(name, prefix) {
			return fmt.Errorf("names that begin with %q are reserved", prefix)
		}
	}
	return nil
}

// CheckForeign returns why a user cannot come from outside, or nil.
func CheckForeign(u user.Info) error {
	if strings.TrimSpace(u.GetName()) == "" {
		return errors.New("the user has no name")
	}
	if err := CheckName(u.GetName()); err != nil {
		return fmt.Errorf("the user %q: %w", u.GetName(), err)
	}
	for _, group := range u.GetGroups() {
		if err := CheckName(group); err != nil {
			return fmt.Errorf("the group %q of user %q: %w", group, u.GetName(), err)
		}
	}
	if _, ok := u.GetExtra()[authz.ExtraRoles]; ok {
		return fmt.Errorf("the user %q: %s is reserved", u.GetName(), authz.ExtraRoles)
	}
	return nil
}
