package apiserver

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/request"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericfilters "k8s.io/apiserver/pkg/server/filters"
	"k8s.io/component-base/version"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/inprocess"
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
// its own: the requests that the facade makes in process have. A fairness seat
// held here while those queue for one would be a deadlock; the seats of
// withMaxInFlight are others.
func (c *Config) newRESTDoor(generic *genericapiserver.Config, keys facade.IdempotencyKeys) func(Authentication) http.Handler {
	longRunning := longRunningREST(generic.LongRunningFunc)
	streams := newStreams(c.MaxRESTStreams)
	ready := newReadiness(c.probeNative, clock.RealClock{})
	seats := make(chan struct{}, cmp.Or(c.MaxRESTRequestsInFlight, DefaultMaxRESTRequestsInFlight))
	door := facade.New(facade.Config{
		ClientFor:    c.InProcess.ClientFor,
		Authorizer:   generic.Authorization.Authorizer,
		Tenants:      c.Members.Tenants,
		JWKS:         c.tokens.JWKS,
		Idempotency:  keys,
		Version:      version.Get(),
		Ready:        func(req *http.Request) error { return ready.check(req.Context()) },
		ExampleUsage: c.ExampleUsage,
		Metrics:      c.Metrics.REST(),
	})
	return func(auth Authentication) http.Handler {
		// The facade refuses requests without a user itself, in its own error model.
		handler := streams.bound(inprocess.FromREST(door), longRunning)
		if c.traced {
			handler = withTracing(handler, generic.TracerProvider)
		}
		handler = genericapifilters.WithAuthentication(handler, auth.Authenticator, refuseUnknown(door), generic.Authentication.APIAudiences, auth.RequestHeader)
		handler = notingUnknown(handler)
		handler = withReauthentication(handler, auth.Authenticator, longRunning, reauthentication)
		handler = withWaitGroup(handler, longRunning, generic.NonLongRunningRequestWaitGroup)
		handler = withMaxInFlight(handler, seats, longRunning)
		handler = endLongRunning(handler, longRunning, generic.ShutdownInitiatedNotify())
		handler = refuseImpersonation(handler)
		handler = genericapifilters.WithCacheControl(handler)
		handler = genericfilters.WithHTTPLogging(handler)
		handler = withDeadline(handler, longRunning, generic.RequestTimeout)
		handler = genericapifilters.WithRequestInfo(handler, generic.RequestInfoResolver)
		handler = genericapifilters.WithRequestReceivedTimestamp(handler)
		return withRecovery(handler)
	}
}

// withDeadline ends a request after timeout, also one whose client does not send
// its body or read its answer, which no context ends. A tenth of the timeout is
// left to answer. The deadlines of a connection end with the request: net/http
// sets them back itself, after it has written what is left of the answer.
//
// A long-running request has no deadline; what it writes is bounded write by write.
func withDeadline(handler http.Handler, longRunning request.LongRunningRequestCheck, timeout time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if isLongRunning(req, longRunning) {
			handler.ServeHTTP(w, req)
			// What the client still sends is read after this, and not for ever.
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(timeout / 10)); err != nil {
				klog.FromContext(req.Context()).V(2).Info("Connection takes no deadline", "path", req.URL.Path, "err", err)
			}
			return
		}
		ctx, cancel := context.WithTimeout(req.Context(), timeout)
		defer cancel()
		connection, end := http.NewResponseController(w), time.Now().Add(timeout)
		err := errors.Join(connection.SetReadDeadline(end), connection.SetWriteDeadline(end.Add(timeout/10)))
		if err != nil {
			klog.FromContext(ctx).V(2).Info("Connection takes no deadline", "path", req.URL.Path, "err", err)
		}
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}
