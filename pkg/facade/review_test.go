package facade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	members "github.com/kubenova/kubenova/pkg/membership"
)

// TestReviewsThatFail has an authorizer fail when a route asks it itself.
func TestReviewsThatFail(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"members are not known": {fmt.Errorf("%w: up to 7", members.ErrBehind), http.StatusServiceUnavailable},
		"another failure":       {errors.New("broken"), http.StatusInternalServerError},
		"none":                  {nil, http.StatusForbidden},
	} {
		fails := authorizer.AuthorizerFunc(func(context.Context, authorizer.Attributes) (authorizer.Decision, string, error) {
			return authorizer.DecisionNoOpinion, "", test.err
		})
		c := &call{config: &Config{Authorizer: fails}, request: httptest.NewRequest(http.MethodPost, "/", http.NoBody), caller: &user.DefaultInfo{Name: "ann"}}
		got := translate(c.review("create", "apps", "deploy", "hello"))
		if got.status != test.want || (got.retryAfter > 0) != (test.want == http.StatusServiceUnavailable) {
			t.Errorf("%s: %d %s, come again after %d s", name, got.status, got.message, got.retryAfter)
		}
	}
}
