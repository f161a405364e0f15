package apiserver

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
	"k8s.io/component-base/version"

	"github.com/kubenova/kubenova/pkg/facade"
)

// Authentication says how the callers of a REST door are known.
type Authentication struct {
	Authenticator authenticator.Request
	// RequestHeader names the front-proxy headers that are taken off requests; may be nil.
	RequestHeader *authenticatorfactory.RequestHeaderConfig
}

// splitDoors sends /api/v1 to the REST door and everything else to the native API.
func splitDoors(rest, native http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if isREST(req.URL.Path) {
			rest.ServeHTTP(w, req)
			return
		}
		native.ServeHTTP(w, req)
	})
}

func isREST(path string) bool {
	return path == facade.Prefix || strings.HasPrefix(path, facade.Prefix+"/")
}

// newRESTDoor returns a function that puts the facade behind an authentication.
//
// A REST request has no fairness seat, no audit event and no authorization of
// its own: the requests that the facade makes in process have. A seat held here
// while those queue for one would be a deadlock.
func (c *Config) newRESTDoor(generic *genericapiserver.Config) func(Authentication) http.Handler {
	door := facade.New(facade.Config{
		ClientFor:  c.InProcess.ClientFor,
		Authorizer: generic.Authorization.Authorizer,
		Tokens:     c.Tokens,
		Version:    version.Get(),
		Ready:      c.ready,
	})
	return func(auth Authentication) http.Handler {
		// The facade refuses requests without a user itself, in its own error model.
		handler := genericapifilters.WithAuthentication(door, auth.Authenticator, door, generic.Authentication.APIAudiences, auth.RequestHeader)
		handler = withDeadline(handler, generic.RequestTimeout)
		handler = genericfilters.WithWaitGroup(handler, generic.LongRunningFunc, generic.NonLongRunningRequestWaitGroup)
		handler = genericapifilters.WithCacheControl(handler)
		handler = genericfilters.WithHTTPLogging(handler)
		handler = genericapifilters.WithRequestInfo(handler, generic.RequestInfoResolver)
		handler = genericapifilters.WithRequestReceivedTimestamp(handler)
		return genericfilters.WithPanicRecovery(handler, generic.RequestInfoResolver)
	}
}

func withDeadline(handler http.Handler, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ctx, cancel := context.WithTimeout(req.Context(), timeout)
		defer cancel()
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

// ready asks the native door, which knows of etcd and of its caches.
func (c *Config) ready(req *http.Request) error {
	status, err := c.InProcess.Probe(req.Context(), "/readyz")
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return errors.New("readyz answers " + http.StatusText(status))
	}
	return nil
}
