package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/facade"
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
	return checkLoopback(listener)
}

// checkLoopback closes a listener that is bound to anything but loopback, as it
// is where the name localhost resolves to an address of the network.
func checkLoopback(listener net.Listener) (net.Listener, error) {
	if bound, ok := listener.Addr().(*net.TCPAddr); ok && bound.IP.IsLoopback() {
		return listener, nil
	}
	err := fmt.Errorf("the HTTP listener is bound to %s, which is not a loopback address", listener.Addr())
	return nil, errors.Join(err, listener.Close())
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
		Handler:           endLongRunning(onlyREST(handler), longRunningREST(nil), ctx.Done()),
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		shutDown(server, shutdownTimeout)
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

// shutDown lets running requests end within timeout, and then cuts them off.
func shutDown(server *http.Server, timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if err == nil {
		return
	}
	klog.ErrorS(err, "Requests of the HTTP listener did not end, and are cut off")
	if err := server.Close(); err != nil {
		klog.ErrorS(err, "Closing the connections of the HTTP listener")
	}
}

func onlyREST(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isREST(req.URL.Path) {
			writeProblem(w, http.StatusNotFound, "there is nothing but "+facade.Prefix+" here")
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
