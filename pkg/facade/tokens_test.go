package facade

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/fake"
)

func TestCheckTokenRequest(t *testing.T) {
	admin := []string{"admin"}
	cases := []struct {
		name  string
		body  tokenRequest
		ttl   time.Duration
		field string
	}{
		{"default", tokenRequest{Subject: "demo", Roles: admin}, time.Hour, ""},
		{"shortest", tokenRequest{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](60)}, time.Minute, ""},
		{"longest", tokenRequest{Subject: "demo", Roles: []string{"admin", "ops", "tenantOwner", "projectDev", "readOnly"}, TTLSeconds: ptr.To[int64](2592000)}, 720 * time.Hour, ""},
		{"zero", tokenRequest{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](0)}, 0, "ttlSeconds"},
		{"too short", tokenRequest{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](59)}, 0, "ttlSeconds"},
		{"too long", tokenRequest{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](2592001)}, 0, "ttlSeconds"},
		{"overflow", tokenRequest{Subject: "demo", Roles: admin, TTLSeconds: ptr.To[int64](1 << 62)}, 0, "ttlSeconds"},
		{"no subject", tokenRequest{Roles: admin}, 0, "subject"},
		{"blank subject", tokenRequest{Subject: " ", Roles: admin}, 0, "subject"},
		{"system subject", tokenRequest{Subject: "system:admin", Roles: admin}, 0, "subject"},
		{"long subject", tokenRequest{Subject: strings.Repeat("x", 254), Roles: admin}, 0, "subject"},
		{"no roles", tokenRequest{Subject: "demo"}, 0, "roles"},
		{"unknown role", tokenRequest{Subject: "demo", Roles: []string{"admin", "root"}}, 0, "roles[1]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ttl, problems := checkTokenRequest(c.body)
			if c.field == "" {
				if len(problems) > 0 || ttl != c.ttl {
					t.Errorf("got %v and %v", ttl, problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Field != c.field {
				t.Errorf("got %v, want one for %s", problems, c.field)
			}
		})
	}
}

func TestCheckWithinOwn(t *testing.T) {
	role := func(names ...string) []string {
		for i := range names {
			names[i] = authz.GroupPrefix + names[i]
		}
		return names
	}
	cases := []struct {
		name   string
		groups []string
		body   tokenRequest
		ok     bool
	}{
		{"admin for others", role("admin"), tokenRequest{Subject: "bob", Roles: []string{"admin"}}, true},
		{"masters for others", []string{user.SystemPrivilegedGroup}, tokenRequest{Subject: "bob", Roles: []string{"ops"}}, true},
		{"ops for itself", role("ops"), tokenRequest{Subject: "alice", Roles: []string{"ops"}}, true},
		{"ops for others", role("ops"), tokenRequest{Subject: "bob", Roles: []string{"ops"}}, false},
		{"ops as admin", role("ops"), tokenRequest{Subject: "alice", Roles: []string{"ops", "admin"}}, false},
		{"no role", nil, tokenRequest{Subject: "alice", Roles: []string{"readOnly"}}, false},
		{"role as a plain group", []string{"admin"}, tokenRequest{Subject: "alice", Roles: []string{"admin"}}, false},
	}
	for _, c := range cases {
		err := checkWithinOwn(&user.DefaultInfo{Name: "alice", Groups: c.groups}, c.body)
		if c.ok != (err == nil) || err != nil && translate(err).status != 403 {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// TestCreateTokenIsReviewed asks for tokens as callers whom the authorizer lets
// through or not.
func TestCreateTokenIsReviewed(t *testing.T) {
	asked := func(verb string, decision authorizer.Decision, err error) authorizer.AuthorizerFunc {
		return func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
			if a.GetVerb() != "create" && a.GetVerb() != "escalate" || a.GetResource() != "tokens" || a.GetAPIGroup() != "kubenova.io" || a.GetUser().GetName() != "alice" || !a.IsResourceRequest() {
				t.Errorf("asked for %+v", a)
			}
			if a.GetVerb() != verb { // who may escalate may create
				return authorizer.DecisionAllow, "", nil
			}
			return decision, "", err
		}
	}
	decide := func(decision authorizer.Decision, err error) authorizer.AuthorizerFunc {
		return asked("create", decision, err)
	}
	allow, own, more := asked("escalate", authorizer.DecisionNoOpinion, nil), `{"subject":"alice","roles":["ops"]}`, `{"subject":"alice","roles":["admin"]}`
	cases := []struct {
		name   string
		asks   authorizer.Authorizer
		tokens TokenIssuer
		body   string
		status int
		code   string
	}{
		{"its own role", allow, fixedToken{}, own, 200, ""},
		{"more than its own", allow, fixedToken{}, more, 403, "KN-403"},
		{"more, which is denied", asked("escalate", authorizer.DecisionDeny, nil), fixedToken{}, more, 403, "KN-403"},
		{"more, as administrator of the host", asked("escalate", authorizer.DecisionAllow, nil), fixedToken{}, more, 200, ""},
		{"more, with a broken authorizer", asked("escalate", authorizer.DecisionNoOpinion, errors.New("10.0.0.7 is away")), fixedToken{}, more, 500, "KN-500"},
		{"denied", decide(authorizer.DecisionDeny, nil), fixedToken{}, own, 403, "KN-403"},
		{"no opinion", decide(authorizer.DecisionNoOpinion, nil), fixedToken{}, own, 403, "KN-403"},
		{"broken authorizer", decide(authorizer.DecisionNoOpinion, errors.New("10.0.0.7 is away")), fixedToken{}, own, 500, "KN-500"},
		{"no signing key", allow, nil, own, 503, "KN-503"},
		{"broken issuer", allow, fixedToken{errors.New("no key")}, own, 500, "KN-500"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			handler := Checked(t, New(Config{
				ClientFor:  func(user.Info) (versioned.Interface, error) { return fake.NewClientset(), nil },
				Authorizer: c.asks, Tokens: c.tokens,
			}))
			r := httptest.NewRequest(http.MethodPost, "/api/v1/tokens", strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, asUser(r, "alice", authz.GroupPrefix+"ops"))
			if c.status == 200 {
				if want := `{"token":"t","expiresAt":"2025-01-01T00:00:00Z"}` + "\n"; w.Code != 200 || w.Body.String() != want {
					t.Errorf("got %d %s, want %s", w.Code, w.Body, want)
				}
				return
			}
			wantError(t, w, c.status, c.code)
			if (c.status == 503) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

// fixedToken issues the same token to all, or fails.
type fixedToken struct{ err error }

func (f fixedToken) Issue(string, []string, time.Duration) (string, time.Time, error) {
	return "t", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), f.err
}
