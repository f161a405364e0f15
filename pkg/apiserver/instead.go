package apiserver

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
	"k8s.io/klog/v2"
)

// insteadWriter answers with a Status of Kubernetes instead of what a handler
// answers with.
type insteadWriter struct {
	http.ResponseWriter
	// instead returns what to answer instead of a status and its header; nil
	// leaves the answer as it is.
	instead  func(code int, header http.Header) *metav1.Status
	answered bool
}

var _ responsewriter.UserProvidedDecorator = &insteadWriter{}

// Unwrap implements responsewriter.UserProvidedDecorator.
func (w *insteadWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *insteadWriter) WriteHeader(code int) {
	status := w.instead(code, w.Header())
	if status == nil {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.answered = true
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	w.ResponseWriter.WriteHeader(int(status.Code))
	if err := json.NewEncoder(w.ResponseWriter).Encode(status); err != nil {
		klog.V(4).InfoS("Client went away before its answer", "err", err)
	}
}

// Write implements http.ResponseWriter.
func (w *insteadWriter) Write(data []byte) (int, error) {
	if w.answered {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}

// answerBusy has the native API say that it is busy as it says everything else:
// the filters of priority and fairness answer with text, which neither names a
// reason nor lets the REST door, which hears the body alone, say when to come again.
func answerBusy(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		busy := &insteadWriter{ResponseWriter: w, instead: func(code int, header http.Header) *metav1.Status {
			if code != http.StatusTooManyRequests || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
				return nil
			}
			return busyStatus(header.Get("Retry-After"))
		}}
		handler.ServeHTTP(responsewriter.WrapForHTTP1Or2(busy), req)
	})
}

// busyStatus says when to come again, in seconds; a second later if it is not known.
func busyStatus(retryAfter string) *metav1.Status {
	seconds, err := strconv.Atoi(retryAfter)
	if err != nil || seconds < 1 {
		seconds = 1
	}
	status := apierrors.NewTooManyRequests("too many requests, please try again later", seconds).Status()
	status.Kind, status.APIVersion = "Status", "v1"
	return &status
}
