package apiserver

import (
	"errors"
	"net/http"
	"sync/atomic"

	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/pkg/server/healthz"
)

// frontProxyCA is the authority that vouches for the host cluster's aggregator.
// It is read from the host in the background: until it is there, every request
// of the aggregator would look anonymous, and controllers would be told that they
// are forbidden what they are allowed.
type frontProxyCA struct {
	provider dynamiccertificates.CAContentProvider
	loaded   atomic.Bool
}

func newFrontProxyCA(provider dynamiccertificates.CAContentProvider) *frontProxyCA {
	return &frontProxyCA{provider: provider}
}

func (f *frontProxyCA) isLoaded() bool {
	if f.loaded.Load() {
		return true
	}
	if _, ok := f.provider.VerifyOptions(); !ok {
		return false
	}
	f.loaded.Store(true)
	return true
}

// wrap answers 503 until the authority is there. Health checks pass.
func (f *frontProxyCA) wrap(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !f.isLoaded() && !isHealth(req.URL.Path) {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "the server is starting: it cannot tell callers apart yet", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, req)
	})
}

// check is the readiness check of the authority.
func (f *frontProxyCA) check() healthz.HealthChecker {
	return healthz.NamedCheck("front-proxy-ca", func(*http.Request) error {
		if !f.isLoaded() {
			return errors.New("the certificate authority of the host's aggregator has not been read yet")
		}
		return nil
	})
}

func isHealth(path string) bool {
	return path == "/healthz" || path == "/livez" || path == "/readyz"
}
