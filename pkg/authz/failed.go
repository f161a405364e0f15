package authz

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/membership"
)

// Failed is what a caller is told of whom it could not be said whether it may. Who is
// an owner or member, or what the host cluster says, is known again soon; any other
// failure is the server's own.
func Failed(caller user.Info, verb, resource string, err error) *apierrors.StatusError {
	for _, known := range []error{membership.ErrBehind, ErrHostAway} {
		if errors.Is(err, known) {
			return membership.ComeAgain(known)
		}
	}
	return apierrors.NewInternalError(fmt.Errorf("authorizing user %q to %s %s: %w", caller.GetName(), verb, resource, err))
}
