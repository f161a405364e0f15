package apiserver

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/klog/v2"
)

// problem is the error model of the REST door, for what is refused before it.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func writeProblem(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(problem{Code: fmt.Sprintf("KN-%d", status), Message: message}); err != nil {
		klog.V(4).InfoS("Client went away before its answer", "err", err)
	}
}

// impersonatePrefix begins the headers that ask to act as somebody else.
const impersonatePrefix = "Impersonate-"

// refuseImpersonation refuses what the REST door does not know. To ignore it
// would serve the request with the rights of the proxy that sends it.
func refuseImpersonation(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for name := range req.Header {
			if len(name) >= len(impersonatePrefix) && strings.EqualFold(name[:len(impersonatePrefix)], impersonatePrefix) {
				writeProblem(w, http.StatusBadRequest, "impersonation is not supported here, and the request has the header "+name)
				return
			}
		}
		handler.ServeHTTP(w, req)
	})
}

// withMaxInFlight refuses requests while every seat is taken. Long-running ones
// and health probes take none: a server that is busy is well. What handler calls in process takes seats of another kind, so that
// a request can hold its seat here and wait for one there.
func withMaxInFlight(handler http.Handler, seats chan struct{}, longRunning request.LongRunningRequestCheck) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if isLongRunning(req, longRunning) || isRESTHealth(req.URL.Path) {
			handler.ServeHTTP(w, req)
			return
		}
		select {
		case seats <- struct{}{}:
			defer func() { <-seats }()
			handler.ServeHTTP(w, req)
		default:
			w.Header().Set("Retry-After", "1")
			writeProblem(w, http.StatusTooManyRequests, "too many requests, try again later")
		}
	})
}

// RefuseWebPages refuses what a browser sends on behalf of a page: without
// authentication, any page that is open in a browser on this machine could
// otherwise use the API, by DNS rebinding or by a cross-site request.
func RefuseWebPages(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if reason := webPageReason(req); reason != "" {
			writeProblem(w, http.StatusForbidden, "refused while authentication is off: "+reason)
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
