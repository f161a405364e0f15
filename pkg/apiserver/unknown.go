package apiserver

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"

	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/membership"
)

// unknown holds what it is that is not known for now about the caller of a request,
// such as its rights: the filters of k8s.io/apiserver answer that with 401, which tells
// a caller to throw its credentials away, or with 500 and the address that was asked.
type unknown struct{ err atomic.Pointer[error] }

type unknownKey struct{}

// note keeps an error that says that something is not known for now.
func (u *unknown) note(err error) {
	for _, known := range []error{membership.ErrBehind, authz.ErrHostAway, authn.ErrHostAway} {
		if errors.Is(err, known) {
			u.err.Store(&known)
		}
	}
}

// reason is what was noted last, nil for nothing.
func (u *unknown) reason() error {
	if noted := u.err.Load(); noted != nil {
		return *noted
	}
	return nil
}

// withUnknown has what is not known about a request's caller noted in its context.
func withUnknown(req *http.Request) (*http.Request, *unknown) {
	noted := &unknown{}
	return req.WithContext(context.WithValue(req.Context(), unknownKey{}, noted)), noted
}

func unknownFrom(ctx context.Context) *unknown {
	if noted, ok := ctx.Value(unknownKey{}).(*unknown); ok {
		return noted
	}
	return &unknown{}
}

// noteUnknownRights notes of requests that are not allowed that their callers' rights
// are not known for now.
func noteUnknownRights(a authorizer.Authorizer) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(ctx context.Context, attributes authorizer.Attributes) (authorizer.Decision, string, error) {
		decision, reason, err := a.Authorize(ctx, attributes)
		if decision != authorizer.DecisionAllow {
			unknownFrom(ctx).note(err)
		}
		return decision, reason, err
	})
}

// noteUnknownCallers notes of requests that it is not known for now whose they are.
func noteUnknownCallers(a authenticator.Request) authenticator.Request {
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		response, ok, err := a.AuthenticateRequest(req)
		if !ok {
			unknownFrom(req.Context()).note(err)
		}
		return response, ok, err
	})
}

// answerUnknown tells the native clients of requests about which something was noted
// to come again.
func answerUnknown(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req, noted := withUnknown(req)
		answer := &insteadWriter{ResponseWriter: w, instead: func(code int, _ http.Header) *metav1.Status {
			reason := noted.reason()
			if reason == nil || code != http.StatusInternalServerError && code != http.StatusUnauthorized {
				return nil
			}
			return unknownStatus(reason)
		}}
		handler.ServeHTTP(responsewriter.WrapForHTTP1Or2(answer), req)
	})
}

func unknownStatus(reason error) *metav1.Status {
	status := membership.ComeAgain(reason).Status()
	status.Kind, status.APIVersion = "Status", "v1"
	return &status
}

// refuseUnknown is what the REST door does with requests that are not authenticated:
// callers that could not be asked about come again, failed answers all others.
func refuseUnknown(failed http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		reason := unknownFrom(req.Context()).reason()
		if reason == nil {
			failed.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Retry-After", "1")
		writeProblem(w, http.StatusServiceUnavailable, reason.Error())
	})
}

// notingUnknown is answerUnknown for the REST door, which answers by itself.
func notingUnknown(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req, _ = withUnknown(req)
		handler.ServeHTTP(w, req)
	})
}
