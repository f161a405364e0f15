package apiserver

import (
	"errors"
	"net/http"
	"runtime/debug"

	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/facade"
)

// The filters here are those of k8s.io/apiserver in the error model of the REST
// door: the originals answer with text, or with a Status of Kubernetes.

// waitGroup counts the requests that a shutdown waits for.
type waitGroup interface {
	// Add fails once the shutdown waits.
	Add(delta int) error
	Done()
}

// withWaitGroup counts requests, and refuses them once a shutdown waits for those
// that are counted. Health probes are served until the end.
func withWaitGroup(handler http.Handler, longRunning request.LongRunningRequestCheck, running waitGroup) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if isLongRunning(req, longRunning) || isRESTHealth(req.URL.Path) {
			handler.ServeHTTP(w, req)
			return
		}
		if err := running.Add(1); err != nil {
			w.Header().Set("Retry-After", "1")
			writeProblem(w, http.StatusServiceUnavailable, "the server is shutting down, try again")
			return
		}
		defer running.Done()
		handler.ServeHTTP(w, req)
	})
}

func isRESTHealth(path string) bool {
	return path == facade.Prefix+"/healthz" || path == facade.Prefix+"/readyz"
}

// withRecovery answers for a handler that panics. An answer that has begun cannot
// be taken back: its connection is cut off.
func withRecovery(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		answer := &begunWriter{ResponseWriter: w}
		defer func() {
			reason := recover()
			if reason == nil {
				return
			}
			if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(reason)
			}
			klog.FromContext(req.Context()).Error(nil, "REST request panicked", "method", req.Method, "path", req.URL.Path, "panic", reason, "stack", string(debug.Stack()))
			if answer.begun {
				panic(http.ErrAbortHandler)
			}
			writeProblem(w, http.StatusInternalServerError, "internal error")
		}()
		handler.ServeHTTP(responsewriter.WrapForHTTP1Or2(answer), req)
	})
}

// begunWriter knows whether an answer has begun.
type begunWriter struct {
	http.ResponseWriter
	begun bool
}

// Unwrap returns the writer below.
func (w *begunWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *begunWriter) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *begunWriter) Write(data []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(data)
}
