package facade_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestRoles checks that calls are made as the caller: what the API server
// forbids is 404 where it would show an object, and 403 where it would write.
func TestRoles(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")

	ops := d.as(withRole("olga", authz.RoleOps))
	for _, path := range []string{made.cluster, made.tenant, made.project, made.app, made.app + "/status", made.policySet, "/clusters", "/features"} {
		ops.call(t, "GET", path, "").want(200)
	}
	ops.call(t, "POST", made.cluster+"/tenants", `{"name":"x"}`).want(403)
	ops.call(t, "PUT", made.tenant+"/owners", `{"owners":["olga"]}`).want(403)
	ops.call(t, "PUT", made.app, `{"description":"x"}`).want(403)
	ops.call(t, "POST", made.app+":deploy", "").want(403)
	ops.call(t, "DELETE", made.project, "").want(403)
	ops.call(t, "POST", made.cluster+"/bootstrap/proxy", "").want(202)
	ops.call(t, "DELETE", ops.register(t, "ops-cluster"), "").want(204)

	stranger := d.as(&user.DefaultInfo{Name: "mallory", Groups: []string{user.AllAuthenticated}})
	for _, path := range []string{made.cluster, "/clusters/t-cluster", made.cluster + "/tenants/t-tenant", made.tenant, made.project, made.app, made.app + "/revisions", made.policySet, made.tenant + "/projects"} {
		stranger.call(t, "GET", path, "").want(404)
	}
	stranger.call(t, "GET", "/clusters", "").want(403)
	stranger.call(t, "POST", "/clusters", `{"name":"x","kubeconfig":"`+kubeconfig()+`"}`).want(403)
	stranger.call(t, "POST", "/tokens", `{"subject":"mallory","roles":["readOnly"]}`).want(403)
	stranger.call(t, "PUT", made.tenant+"/owners", `{"owners":["mallory"]}`).want(404)
	stranger.call(t, "DELETE", made.app, "").want(404)
	if got := d.call(t, "GET", made.tenant, "").object().Owners; !slices.Equal(got, []string{"owner@example.com"}) {
		t.Errorf("owners are %v", got)
	}
}

func TestSystemRoutes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.grow(t, "t")
	d.create(t, "/clusters/t-cluster/tenants", `{"name":"t-second","owners":["bob","group:devs"]}`)

	me := d.call(t, "GET", "/me", "").object()
	if !slices.Equal(me.Roles, []string{"admin"}) || len(me.Tenants) != 0 {
		t.Errorf("the administrator is %+v", me)
	}
	bob := withRole("bob", authz.RoleOps)
	if me = d.as(bob).call(t, "GET", "/me", "").object(); len(me.Tenants) != 1 || me.Tenants[0]["name"] != "t-second" || me.Tenants[0]["role"] != "tenantOwner" || !slices.Equal(me.Roles, []string{"ops"}) {
		t.Errorf("bob is %+v", me)
	}
	dev := d.as(&user.DefaultInfo{Name: "carol", Groups: []string{"devs", user.AllAuthenticated}})
	if me = dev.call(t, "GET", "/me", "").object(); len(me.Tenants) != 1 || me.Tenants[0]["name"] != "t-second" {
		t.Errorf("carol of the devs is %+v", me)
	}
	dev.call(t, "GET", "/features", "").want(200)
	nobody := d.as(&user.DefaultInfo{Name: "nobody"})
	if got := nobody.call(t, "GET", "/me", "").want(200).body; got != `{"subject":"nobody","roles":[],"groups":[],"tenants":[]}`+"\n" {
		t.Errorf("who may list no tenants is %s", got)
	}
	if got := d.call(t, "GET", "/version", "").object(); got.Version != "v1.2.3" || got.Commit != "abc" || got.Date == "" {
		t.Errorf("version is %+v", got)
	}
	token := d.call(t, "POST", "/tokens", `{"subject":"demo","roles":["admin"],"ttlSeconds":3600}`)
	if got := token.object(); !strings.HasPrefix(got.Token, jwtStart) || !within(got.ExpiresAt, time.Hour) || token.header.Get("Cache-Control") != "no-store" {
		t.Errorf("token is %+v with %v", got, token.header)
	}
}

// TestRegistrationIsUndone fails the second step of a registration, storing the
// credentials: the cluster of the first must go again.
func TestRegistrationIsUndone(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/kubeconfig") {
				return nil, errors.New("10.0.0.7:2379 is away")
			}
			return next.RoundTrip(r)
		})
	})
	got := d.call(t, "POST", "/clusters", `{"name":"dev","kubeconfig":"`+kubeconfig()+`"}`).want(500)
	if strings.Contains(got.body, "10.0.0.7") {
		t.Errorf("%s shows an address", got.body)
	}
	d.call(t, "GET", "/clusters/dev", "").want(404)
}

// TestRegistrationMeetsADeletion has someone else delete a cluster before its
// credentials are stored.
func TestRegistrationMeetsADeletion(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	direct := before(t, server, nil)
	d := before(t, server, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/kubeconfig") {
				direct.call(t, "DELETE", "/clusters/dev", "").want(204)
			}
			return next.RoundTrip(r)
		})
	})
	d.call(t, "POST", "/clusters", `{"name":"dev","kubeconfig":"`+kubeconfig()+`"}`).want(404)
	direct.call(t, "GET", "/clusters/dev", "").want(404)
}

// TestOutages answers for the API server as it answers in trouble.
func TestOutages(t *testing.T) {
	t.Parallel()
	var status int
	var body string
	server := testserver.Start(t)
	d := before(t, server, func(http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {"application/json"}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})
	})
	cases := []struct {
		name       string
		status     int
		reason     string
		want       int
		retryAfter string
	}{
		{"too many", 429, "TooManyRequests", 429, "5"},
		{"unavailable", 503, "ServiceUnavailable", 503, "5"},
		{"server timeout", 500, "ServerTimeout", 503, "5"},
		{"timeout", 504, "Timeout", 503, "5"},
		{"internal", 500, "InternalError", 500, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status = c.status
			encoded, err := json.Marshal(map[string]any{
				"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": c.reason, "code": c.status,
				"message": "dial 10.0.0.7:2379", "details": map[string]any{"retryAfterSeconds": 5},
			})
			if err != nil {
				t.Fatal(err)
			}
			body = string(encoded)
			got := d.call(t, "GET", "/clusters/dev", "").want(c.want)
			if got.header.Get("Retry-After") != c.retryAfter || strings.Contains(got.body, "10.0.0.7") {
				t.Errorf("got %s, Retry-After %q", got.body, got.header.Get("Retry-After"))
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// within says whether a time is that far from now, give or take a minute.
func within(formatted string, ahead time.Duration) bool {
	at, err := time.Parse(time.RFC3339, formatted)
	return err == nil && time.Until(at) < ahead+time.Minute && time.Until(at) > ahead-time.Minute
}
