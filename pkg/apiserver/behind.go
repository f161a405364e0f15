package apiserver

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/responsewriter"

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
		noted := &atomic.Bool{}
		behind := &insteadWriter{ResponseWriter: w, instead: func(code int, _ http.Header) *metav1.Status {
			if code != http.StatusInternalServerError || !noted.Load() {
				return nil
			}
			status := membership.Behind().Status()
			status.Kind, status.APIVersion = "Status", "v1"
			return &status
		}}
		ctx := context.WithValue(req.Context(), behindKey{}, noted)
		handler.ServeHTTP(responsewriter.WrapForHTTP1Or2(behind), req.WithContext(ctx))
	})
}
