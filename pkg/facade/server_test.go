package facade_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// newDoor starts an API server and returns a facade before it, for an administrator.
func newDoor(t *testing.T) door {
	t.Helper()
	return before(t, testserver.Start(t), nil)
}

// before returns a facade before a server. wrap, which may be nil, stands
// between the two.
func before(t *testing.T, server *testserver.Server, wrap func(http.RoundTripper) http.RoundTripper) door {
	t.Helper()
	return beforeWith(server, wrap, server.IdempotencyKeys(t, claimLifetime))
}

// beforeWith returns a facade with other idempotency keys and other configuration.
func beforeWith(server *testserver.Server, wrap func(http.RoundTripper) http.RoundTripper, keys facade.IdempotencyKeys, adjust ...func(*facade.Config)) door {
	config := facade.Config{
		ClientFor: func(u user.Info) (versioned.Interface, error) {
			config := server.ClientConfig(u)
			if wrap != nil {
				config = rest.CopyConfig(config)
				config.Wrap(wrap)
			}
			return versioned.NewForConfig(config)
		},
		Authorizer:  authorizerOf(server),
		Tenants:     server.Members().Tenants,
		JWKS:        server.Tokens().JWKS,
		Idempotency: keys,
		Version:     version.Info{GitVersion: "v1.2.3", GitCommit: "abc", BuildDate: "2025-01-01T00:00:00Z"},
		Ready:       func(*http.Request) error { return nil },
	}
	for _, change := range adjust {
		change(&config)
	}
	return door{caller: administrator(), handler: facade.New(config)}
}

// claimLifetime is for how long a crash blocks an Idempotency-Key in tests.
const claimLifetime = 30 * time.Second

// authorizerOf lets administrators through and asks roles and membership of all
// others, as the server does.
func authorizerOf(server *testserver.Server) authorizer.Authorizer {
	roles, members := authz.NewRoleAuthorizer(), authz.NewMemberAuthorizer(server.Members())
	return authorizer.AuthorizerFunc(func(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		if slices.Contains(a.GetUser().GetGroups(), user.SystemPrivilegedGroup) {
			return authorizer.DecisionAllow, "", nil
		}
		if decision, reason, err := roles.Authorize(ctx, a); decision != authorizer.DecisionNoOpinion {
			return decision, reason, err
		}
		return members.Authorize(ctx, a)
	})
}
