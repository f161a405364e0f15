package authn_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"

	"github.com/kubenova/kubenova/pkg/authn"
)

func TestOwnTokensAreNotShownToOthers(t *testing.T) {
	tokens, key, ownID := newTokens(t)
	others, _, _ := newTokens(t)
	sign := func(issuer string, expiry time.Time) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: ownID}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: issuer, Subject: "demo", Audience: jwt.Audience{authn.Audience}, ID: "1",
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(expiry),
		}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	ofAnother, err := others.Issue(t.Context(), "demo", []string{"admin"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	issued := func(raw string) bool { return raw == "opaque-of-ours" }
	for name, test := range map[string]struct {
		token string
		shown bool
	}{
		"expired":              {token: sign(authn.Issuer, now.Add(-time.Hour))},
		"of another KubeNova":  {token: ofAnother.Token},
		"of the host":          {token: sign("https://kubernetes.default.svc", now), shown: true},
		"of an issuer of ours": {token: "opaque-of-ours"},
		"no JWT":               {token: "opaque", shown: true},
		"no token at all":      {shown: true},
		"changed and unsigned": {token: strings.TrimRight(ofAnother.Token, "=") + "x"},
	} {
		for carrier, set := range carriers() {
			shown := false
			foreign := authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
				shown = true
				return nil, false, nil
			})
			req := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			if test.token != "" {
				set(req, test.token)
			}
			_, ok, err := union.New(bearertoken.New(tokens), authn.WithoutOwnTokens(foreign, issued)).AuthenticateRequest(req)
			if ok || shown != test.shown || !test.shown && err == nil {
				t.Errorf("a token that is %s, as a %s: accepted %v, shown %v, %v; want shown %v", name, carrier, ok, shown, err, test.shown)
			}
		}
	}
}

// carriers are the places where a request can have a token.
func carriers() map[string]func(*http.Request, string) {
	return map[string]func(*http.Request, string){
		"bearer token": func(req *http.Request, token string) { req.Header.Set("Authorization", "Bearer "+token) },
		"websocket protocol": func(req *http.Request, token string) {
			req.Header.Set("Connection", "Upgrade")
			req.Header.Set("Upgrade", "websocket")
			req.Header.Set("Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io."+base64.RawURLEncoding.EncodeToString([]byte(token))+", v4")
		},
	}
}
