package authn_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/kubenova/kubenova/pkg/authn"
)

// asked is an authenticator that counts, and knows callers by the name that the
// front proxy gives them or else by their certificate.
type asked struct {
	count int
	fail  error
}

func (a *asked) AuthenticateRequest(req *http.Request) (*authenticator.Response, bool, error) {
	a.count++
	if a.fail != nil {
		return nil, false, a.fail
	}
	name := req.Header.Get("X-Remote-User")
	if name == "" {
		name = string(req.TLS.PeerCertificates[0].Raw)
	}
	return &authenticator.Response{User: &user.DefaultInfo{Name: name}}, true, nil
}

// request is one after others.
type request struct {
	certificate string
	headers     map[string]string
	later       time.Duration
	fail        error
	user        string // empty: refused
	asks        bool
}

func (r request) made() *http.Request {
	made := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	expires := now.Add(time.Hour)
	if r.certificate == "brief" {
		expires = now.Add(5 * time.Second)
	}
	made.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte(r.certificate), NotAfter: expires}}}
	for name, value := range r.headers {
		made.Header.Set(name, value)
	}
	return made
}

func TestCertificatesAreRemembered(t *testing.T) {
	cases := map[string][]request{
		"the same": {
			{certificate: "ann", user: "ann", asks: true},
			{certificate: "ann", user: "ann", headers: map[string]string{"Accept": "*/*", "User-Agent": "x", "X-Forwarded-For": "10.0.0.1"}},
			{certificate: "ann", user: "ann", later: 9 * time.Second},
		},
		"another certificate": {{certificate: "ann", user: "ann", asks: true}, {certificate: "ben", user: "ben", asks: true}},
		"another user of the front proxy": {
			{certificate: "proxy", headers: map[string]string{"X-Remote-User": "ann"}, user: "ann", asks: true},
			{certificate: "proxy", headers: map[string]string{"X-Remote-User": "ben"}, user: "ben", asks: true},
			{certificate: "proxy", headers: map[string]string{"X-Remote-User": "ben"}, user: "ben"},
			{certificate: "proxy", user: "proxy", asks: true},
		},
		"a header that nobody knows": {
			{certificate: "ann", user: "ann", asks: true},
			{certificate: "ann", headers: map[string]string{"X-Forwarded-User": "ben"}, user: "ann", asks: true},
		},
		"a bearer token": {
			{certificate: "ann", headers: map[string]string{"Authorization": "Bearer x"}, user: "ann", asks: true},
			{certificate: "ann", headers: map[string]string{"Authorization": "Bearer x"}, user: "ann", asks: true},
			{certificate: "ann", headers: map[string]string{"Sec-WebSocket-Protocol": "x"}, user: "ann", asks: true},
			{certificate: "ann", headers: map[string]string{"Sec-WebSocket-Protocol": "x"}, user: "ann", asks: true},
		},
		"nobody": {
			{certificate: user.Anonymous, user: user.Anonymous, asks: true},
			{certificate: user.Anonymous, user: user.Anonymous, asks: true},
		},
		"after a while": {{certificate: "ann", user: "ann", asks: true}, {certificate: "ann", user: "ann", later: 11 * time.Second, asks: true}},
		"after it has expired": {
			{certificate: "brief", user: "brief", asks: true},
			{certificate: "brief", later: 6 * time.Second, fail: errors.New("expired"), asks: true},
		},
		"after a refusal": {{certificate: "ann", fail: errors.New("no"), asks: true}, {certificate: "ann", user: "ann", asks: true}},
	}
	for name, requests := range cases {
		t.Run(name, func(t *testing.T) {
			clock, delegate := testingclock.NewFakeClock(now), &asked{}
			remembered := authn.RememberCertificates(delegate, clock)
			for i, r := range requests {
				clock.Step(r.later)
				before := delegate.count
				delegate.fail = r.fail
				response, ok, err := remembered.AuthenticateRequest(r.made())
				switch {
				case ok != (r.user != "") || !ok && !errors.Is(err, r.fail):
					t.Errorf("request %d: accepted %v, %v", i, ok, err)
				case ok && response.User.GetName() != r.user:
					t.Errorf("request %d is by %s, want %s", i, response.User.GetName(), r.user)
				}
				if asks := delegate.count != before; asks != r.asks {
					t.Errorf("request %d: asked %v, want %v", i, asks, r.asks)
				}
			}
		})
	}
}
