package authn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/authenticator"
)

// ErrHostAway says that the host cluster could not be asked whose a request is.
var ErrHostAway = errors.New("the host cluster cannot be asked who the caller is at the moment, try again")

// OrAway wraps the authenticator that asks the host cluster about tokens. A token that
// could not be asked about is told from one that is not accepted.
func OrAway(host authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		response, ok, err := host.AuthenticateRequest(req)
		if !ok && isAway(err) {
			err = fmt.Errorf("%w: %w", ErrHostAway, err)
		}
		return response, ok, err
	})
}

// isAway tells errors of the request for a review from what a review says.
func isAway(err error) bool {
	var request *url.Error
	var answer apierrors.APIStatus
	return errors.As(err, &request) || errors.As(err, &answer) || errors.Is(err, context.DeadlineExceeded)
}
