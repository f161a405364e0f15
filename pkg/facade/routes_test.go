package facade

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// unreachable is a server whose API must not be called.
func unreachable(t *testing.T) *Config {
	t.Helper()
	return &Config{
		ClientFor: func(user.Info) (versioned.Interface, error) {
			t.Error("a client was asked for")
			return nil, errors.New("no API server")
		},
		Ready:        func(*http.Request) error { return nil },
		MaxBodyBytes: DefaultMaxBodyBytes,
	}
}

func asUser(r *http.Request, name string, groups ...string) *http.Request {
	return r.WithContext(request.WithUser(r.Context(), &user.DefaultInfo{Name: name, Groups: groups}))
}

func wantError(t *testing.T, w *httptest.ResponseRecorder, status int, code string) errorBody {
	t.Helper()
	var body errorBody
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("body %q is not the error model: %v", w.Body, err)
	}
	if w.Code != status || body.Code != code || body.Message == "" {
		t.Fatalf("got %d %+v, want %d %s with a message", w.Code, body, status, code)
	}
	return body
}

// examplePath fills the parameters of a pattern in.
func examplePath(pattern string) string {
	path := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(pattern, "x")
	return strings.Replace(path, "/:", ":", 1)
}

func TestEveryRouteSaysWhatItNeeds(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range routes() {
		key := r.method + " " + r.path
		if r.verb == "" || r.resource == "" || r.handle == nil {
			t.Errorf("%s has no verb, no resource or no handler", key)
		}
		if !strings.HasPrefix(r.path, Prefix+"/") {
			t.Errorf("%s is not below %s", key, Prefix)
		}
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
}

func TestAnonymousGetsHealthAndContractOnly(t *testing.T) {
	config := unreachable(t)
	config.JWKS = func(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil }
	handler := Checked(t, New(*config))
	open := map[string]bool{Prefix + "/jwks": true, Prefix + "/healthz": true, Prefix + "/readyz": true, Prefix + "/openapi.json": true, Prefix + "/docs": true}
	paths := []route{{method: "GET", path: Prefix + "/nothing"}, {method: "GET", path: "/"}, {method: "GET", path: Prefix + "//me"}}
	for _, r := range append(paths, routes()...) {
		for name, prepare := range map[string]func(*http.Request) *http.Request{
			"no user":   func(r *http.Request) *http.Request { return r },
			"anonymous": func(r *http.Request) *http.Request { return asUser(r, user.Anonymous) },
			"no name":   func(r *http.Request) *http.Request { return asUser(r, "") },
		} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, prepare(httptest.NewRequest(r.method, examplePath(r.path), nil)))
			if open[r.path] {
				if w.Code != http.StatusOK {
					t.Errorf("%s: %s %s: got %d, want 200", name, r.method, r.path, w.Code)
				}
				continue
			}
			wantError(t, w, http.StatusUnauthorized, "KN-401")
			if w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %s %s: no WWW-Authenticate", name, r.method, r.path)
			}
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	handler := Checked(t, New(*unreachable(t)))
	cases := []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/api/v1", 404, ""},
		{"GET", "/api/v1/", 404, ""},
		{"GET", "/api/v1/nothing", 404, ""},
		{"GET", "/api/v1/clusters/", 404, ""},
		{"GET", "/api/v1//clusters", 404, ""},
		{"GET", "/api/v1/x/../me", 404, ""},
		{"GET", "/api/v1/x/%2e%2e/me", 404, ""},
		{"GET", "/api/v1%2Fme", 404, ""},
		{"PATCH", "/api/v1/clusters", 405, "GET, HEAD, POST"},
		{"POST", "/api/v1/clusters/x", 405, "DELETE, GET, HEAD, PUT"},
		{"POST", "/api/v1/me", 405, "GET, HEAD"},
		{"OPTIONS", "/api/v1/tokens", 405, "POST"},
		{"GET", "/api/v1/clusters/c/tenants/t/projects/p/apps/a:deploy", 405, "POST"},
		{"POST", "/api/v1/clusters/c/tenants/t/projects/p/apps/a:unknown", 404, ""},
		{"POST", "/api/v1/clusters/c/tenants/t/projects/p/apps/a/:deploy", 404, ""},
		{"POST", "/api/v1/clusters/c/tenants/t:deploy", 404, ""},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, asUser(httptest.NewRequest(c.method, c.path, nil), "alice"))
			code := map[int]string{404: "KN-404", 405: "KN-405"}[c.status]
			wantError(t, w, c.status, code)
			if got := w.Header().Get("Allow"); got != c.allow {
				t.Errorf("Allow is %q, want %q", got, c.allow)
			}
		})
	}
}
