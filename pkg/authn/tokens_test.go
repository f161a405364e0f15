package authn_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authn/authntest"
	"github.com/kubenova/kubenova/pkg/authz"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTokens(t *testing.T) (*authn.Tokens, *ecdsa.PrivateKey, string) {
	t.Helper()
	keys, private := authntest.NewKeys(t)
	return authn.NewTokens(keys, authntest.Revoked{"revoked": true}, clocktesting.NewFakePassiveClock(now)), private, keys[0].ID
}

// claims are those of a token.
type claims struct {
	jwt.Claims
	Roles []authz.Role `json:"roles"`
}

func TestIssuedTokenAuthenticates(t *testing.T) {
	tokens, _, _ := newTokens(t)
	issued, err := tokens.Issue(t.Context(), "demo", []string{"ops", "readOnly"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !issued.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("expires at %s", issued.ExpiresAt)
	}
	response, ok, err := tokens.AuthenticateToken(t.Context(), issued.Token)
	if err != nil || !ok {
		t.Fatalf("own token: %v, %v", ok, err)
	}
	u := response.User
	if got := u.GetExtra()["authentication.kubernetes.io/credential-id"]; !slices.Equal(got, []string{"JTI=" + issued.ID}) {
		t.Errorf("the audit log would name the token %q", got)
	}
	if u.GetName() != "demo" || !slices.Equal(u.GetExtra()[authz.ExtraRoles], []string{"ops", "readOnly"}) ||
		!slices.Contains(u.GetGroups(), "kubenova:role:ops") || slices.Contains(u.GetGroups(), "system:masters") {
		t.Errorf("the user is %+v", u)
	}
}

func TestIssueRefuses(t *testing.T) {
	tokens, _, _ := newTokens(t)
	for _, test := range []struct{ subject, role string }{{"", "admin"}, {" ", "admin"}, {"system:admin", "admin"}, {"demo", "root"}} {
		if issued, err := tokens.Issue(t.Context(), test.subject, []string{test.role}, time.Hour); err == nil {
			t.Errorf("subject %q with role %q got %+v", test.subject, test.role, issued)
		}
	}
}

// TestForgedTokens changes one thing at a time in a token that is good.
func TestForgedTokens(t *testing.T) {
	tokens, key, ownID := newTokens(t)
	otherKey, err := authn.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	good := claims{Claims: jwt.Claims{
		Issuer: authn.Issuer, Subject: "demo", Audience: jwt.Audience{authn.Audience}, ID: "1",
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Hour)),
	}, Roles: []authz.Role{authz.RoleAdmin}}
	with := func(change func(*claims)) claims {
		changed := good
		change(&changed)
		return changed
	}
	for name, test := range map[string]struct {
		claims   claims
		key      any
		keyID    string
		alg      jose.SignatureAlgorithm
		accepted bool
	}{
		"unchanged":     {claims: good, accepted: true},
		"other key":     {claims: good, key: otherKey},
		"other key id":  {claims: good, keyID: "other"},
		"HS256":         {claims: good, key: []byte(strings.Repeat("k", 32)), alg: jose.HS256},
		"expired":       {claims: with(func(c *claims) { c.Expiry = jwt.NewNumericDate(now.Add(-time.Minute)) })},
		"no expiry":     {claims: with(func(c *claims) { c.Expiry = nil })},
		"not yet valid": {claims: with(func(c *claims) { c.NotBefore = jwt.NewNumericDate(now.Add(time.Minute)) })},
		"issued later":  {claims: with(func(c *claims) { c.IssuedAt = jwt.NewNumericDate(now.Add(time.Minute)) })},
		"no issue time": {claims: with(func(c *claims) { c.IssuedAt = nil })},
		"revoked":       {claims: with(func(c *claims) { c.ID = "revoked" })},
		"no id":         {claims: with(func(c *claims) { c.ID = "" })},
		"audience":      {claims: with(func(c *claims) { c.Audience = jwt.Audience{"other"} })},
		"issuer":        {claims: with(func(c *claims) { c.Issuer = "other" })},
		"no subject":    {claims: with(func(c *claims) { c.Subject = "" })},
		"system":        {claims: with(func(c *claims) { c.Subject = "system:admin" })},
	} {
		signingKey, keyID, alg := any(key), ownID, jose.ES256
		if test.key != nil {
			signingKey = test.key
		}
		if test.keyID != "" {
			keyID = test.keyID
		}
		if test.alg != "" {
			alg = test.alg
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: signingKey, KeyID: keyID}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := jwt.Signed(signer).Claims(test.claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := tokens.AuthenticateToken(t.Context(), raw)
		if accepted := ok && err == nil; accepted != test.accepted {
			t.Errorf("%s: accepted %v (%v), want %v", name, accepted, err, test.accepted)
		}
	}
}

func TestSigningKeyMustBeP256(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := authn.NewKey(key); err == nil {
		t.Error("a P-384 key was taken")
	}
}

func TestForeignIdentitiesCarryNoRoles(t *testing.T) {
	claimed := &user.DefaultInfo{
		Name: "mallory", UID: "1", Groups: []string{"dev", "kubenova:role:admin"},
		Extra: map[string][]string{authz.ExtraRoles: {"admin"}, "other": {"kept"}},
	}
	delegate := authenticator.RequestFunc(func(*http.Request) (*authenticator.Response, bool, error) {
		return &authenticator.Response{User: claimed}, true, nil
	})
	response, ok, err := authn.WithoutRoles(delegate).AuthenticateRequest(nil)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := authz.RolesOf(response.User); len(got) != 0 {
		t.Errorf("roles are left: %v", got)
	}
	if _, left := response.User.GetExtra()[authz.ExtraRoles]; left {
		t.Error("the roles' extra is left")
	}
	if response.User.GetName() != "mallory" || !slices.Equal(response.User.GetGroups(), []string{"dev"}) || len(response.User.GetExtra()["other"]) != 1 {
		t.Errorf("too much was taken: %+v", response.User)
	}
}

// TestJWKSVerifies has a stranger verify a token with the published keys alone,
// as of two of which the second one signs.
func TestJWKSVerifies(t *testing.T) {
	old, _ := authntest.NewKeys(t)
	next, _ := authntest.NewKeys(t)
	tokens := authn.NewTokens(append(old, next...), authntest.Revoked{}, clocktesting.NewFakePassiveClock(now))
	published, err := tokens.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(published, &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		if !key.IsPublic() || key.Use != "sig" {
			t.Errorf("%s is published as %+v", key.KeyID, key)
		}
	}
	if bytes.Contains(published, []byte(`"d"`)) {
		t.Errorf("a private key is published: %s", published)
	}
	issued, err := tokens.Issue(t.Context(), "demo", []string{"ops"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.ParseSigned(issued.Token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Headers[0].KeyID != next[0].ID || len(set.Keys) != 2 {
		t.Errorf("signed by %s, with %d keys published", parsed.Headers[0].KeyID, len(set.Keys))
	}
	var verified claims
	if err := parsed.Claims(set, &verified); err != nil || verified.Subject != "demo" || verified.ID != issued.ID {
		t.Errorf("verified %+v, %v", verified, err)
	}
}

// TestNoKey has nothing to sign with.
func TestNoKey(t *testing.T) {
	tokens := authn.NewTokens(authntest.Keys{}, authntest.Revoked{}, clocktesting.NewFakePassiveClock(now))
	if _, err := tokens.Issue(t.Context(), "demo", []string{"ops"}, time.Hour); !errors.Is(err, authn.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
}

// changing are keys and revocations that change.
type changing struct {
	authntest.Keys
	revoked authntest.Revoked
	gone    bool
}

func (c *changing) Revoked(ctx context.Context, id, subject string, issuedAt time.Time) (bool, error) {
	return c.revoked.Revoked(ctx, id, subject, issuedAt)
}

func (c *changing) Verifying(ctx context.Context) ([]*authn.Key, error) {
	if c.gone {
		return nil, nil
	}
	return c.Keys.Verifying(ctx)
}

// TestAcceptedTokensEnd uses a token whose signature is known already.
func TestAcceptedTokensEnd(t *testing.T) {
	for name, end := range map[string]func(*changing, *clocktesting.FakePassiveClock, string){
		"revoked":          func(c *changing, _ *clocktesting.FakePassiveClock, id string) { c.revoked[id] = true },
		"its key has gone": func(c *changing, _ *clocktesting.FakePassiveClock, _ string) { c.gone = true },
		"expired": func(_ *changing, clock *clocktesting.FakePassiveClock, _ string) {
			clock.SetTime(now.Add(time.Hour + authn.Leeway + time.Second))
		},
	} {
		t.Run(name, func(t *testing.T) {
			keys, _ := authntest.NewKeys(t)
			state, clock := &changing{Keys: keys, revoked: authntest.Revoked{}}, clocktesting.NewFakePassiveClock(now)
			tokens := authn.NewTokens(state, state, clock)
			issued, err := tokens.Issue(t.Context(), "demo", []string{"ops"}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if response, ok, err := tokens.AuthenticateToken(t.Context(), issued.Token); err != nil || !ok || response.User.GetName() != "demo" {
					t.Fatalf("a good token: %v, %v, %v", response, ok, err)
				}
			}
			end(state, clock, issued.ID)
			if _, ok, err := tokens.AuthenticateToken(t.Context(), issued.Token); ok || err == nil {
				t.Errorf("accepted: %v, %v", ok, err)
			}
		})
	}
}
