package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/klog/v2"
)

// Limits of the plain HTTP listener, against slow clients.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	shutdownTimeout   = 10 * time.Second
)

// ListenLoopback opens the listener of the REST door on plain HTTP. Only
// loopback addresses are accepted: tokens must not cross a network unencrypted.
func ListenLoopback(ctx context.Context, address string) (net.Listener, error) {
	hostname, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the HTTP address %q is not HOST:PORT: %w", address, err)
	}
	if !isLoopback(hostname) {
		return nil, fmt.Errorf("the HTTP address %q is not a loopback address; other addresses are served on HTTPS alone", address)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}

func isLoopback(hostname string) bool {
	if hostname == "localhost" {
		return true
	}
	ip := net.ParseIP(hostname)
	return ip != nil && ip.IsLoopback()
}

// ServeHTTP serves handler on listener until ctx is done, and then lets running
// requests end.
func ServeHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           onlyREST(handler),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		shutdown, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(shutdown); err != nil {
			klog.ErrorS(err, "Ending the requests of the HTTP listener")
		}
	})
	err := server.Serve(listener)
	if !stop() {
		<-stopped
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serving HTTP on %s: %w", listener.Addr(), err)
}

func onlyREST(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isREST(req.URL.Path) {
			http.NotFound(w, req)
			return
		}
		handler.ServeHTTP(w, req)
	})
}

// Everyone is the authentication of --auth=off: every caller is an administrator.
func Everyone() Authentication {
	admin := &user.DefaultInfo{Name: "admin", Groups: []string{user.SystemPrivilegedGroup, user.AllAuthenticated}}
	return Authentication{Authenticator: authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		return &authenticator.Response{User: admin}, true, nil
	})}
}

// RefuseWebPages refuses what a browser sends on behalf of a page: without
// authentication, any page that is open in a browser on this machine could
// otherwise use the API, by DNS rebinding or by a cross-site request.
func RefuseWebPages(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if reason := webPageReason(req); reason != "" {
			http.Error(w, "refused while authentication is off: "+reason, http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, req)
	})
}

func webPageReason(req *http.Request) string {
	hostname := req.Host
	if name, _, err := net.SplitHostPort(hostname); err == nil {
		hostname = name
	}
	if !isLoopback(hostname) {
		return "the Host header is not a loopback name"
	}
	if site := req.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return "the request comes from another site"
	}
	if origin := req.Header.Get("Origin"); origin != "" {
		parsed, err := url.Parse(origin)
		if err != nil || parsed.Host != req.Host {
			return "the request comes from another origin"
		}
	}
	return ""
}
