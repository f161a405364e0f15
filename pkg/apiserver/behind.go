package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/membership"
)

type behindKey struct{}

// noteBehind marks requests that are not allowed because it is not known for now
// who is an owner or member. Authorization answers such an error with 500.
func noteBehind(a authorizer.Authorizer) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(ctx context.Context, attributes authorizer.Attributes) (authorizer.Decision, string, error) {
		decision, reason, err := a.Authorize(ctx, attributes)
		if noted, ok := ctx.Value(behindKey{}).(*atomic.Bool); ok && decision != authorizer.DecisionAllow && errors.Is(err, membership.ErrBehind) {
			noted.Store(true)
		}
		return decision, reason, err
	})
}

// answerBehind tells the clients of requests that noteBehind has marked to come again.
func answerBehind(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		behind := &behindWriter{ResponseWriter: w}
		ctx := context.WithValue(req.Context(), behindKey{}, &behind.noted)
		handler.ServeHTTP(responsewriter.WrapForHTTP1Or2(behind), req.WithContext(ctx))
	})
}

// behindWriter writes another answer than the 500 of a marked request.
type behindWriter struct {
	http.ResponseWriter
	noted    atomic.Bool
	answered bool
}

var _ responsewriter.UserProvidedDecorator = &behindWriter{}

// Unwrap implements responsewriter.UserProvidedDecorator.
func (w *behindWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *behindWriter) WriteHeader(code int) {
	if code != http.StatusInternalServerError || !w.noted.Load() {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.answered = true
	status := behindStatus()
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", strconv.Itoa(int(status.Details.RetryAfterSeconds)))
	w.ResponseWriter.WriteHeader(int(status.Code))
	if err := json.NewEncoder(w.ResponseWriter).Encode(status); err != nil {
		klog.V(4).InfoS("Client went away before its answer", "err", err)
	}
}

// Write implements http.ResponseWriter.
func (w *behindWriter) Write(data []byte) (int, error) {
	if w.answered {
		return len(data), nil
	}
	return w.ResponseWriter.Write(data)
}

func behindStatus() metav1.Status {
	status := apierrors.NewServiceUnavailable(membership.ErrBehind.Error()).Status()
	status.Kind, status.APIVersion = "Status", "v1"
	status.Details = &metav1.StatusDetails{RetryAfterSeconds: 1}
	return status
}
