package oidc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"

	"github.com/kubenova/kubenova/pkg/authn"
)

// Authenticator authenticates the bearers of tokens of the configured issuers.
type Authenticator struct {
	path, serverID string
	// current are the issuers that are trusted, by URL. They are replaced as a whole.
	current atomic.Pointer[map[string]*issuer]
	// seen is the content of the file that was dealt with last.
	seen string
	// problem is why the file could not be used as it is, as it was told last.
	problem string
}

var _ authenticator.Token = &Authenticator{}

// issuer is one that is trusted.
type issuer struct {
	config apiserver.JWTAuthenticator
	// token is nil until Run.
	token oidc.AuthenticatorTokenWithHealthCheck
	// stop ends what goes on for it.
	stop context.CancelFunc
}

// New returns an authenticator by the file at path, which must be good now. It
// asks no issuer before Run. serverID is the server's in metrics.
func New(path, serverID string) (*Authenticator, error) {
	data, configs, err := read(path)
	if err != nil {
		return nil, err
	}
	a := &Authenticator{path: path, serverID: serverID, seen: string(data)}
	issuers := map[string]*issuer{}
	for _, config := range configs {
		issuers[config.Issuer.URL] = &issuer{config: config}
	}
	a.current.Store(&issuers)
	return a, nil
}

// Issued says whether a token claims to be of a configured issuer, which proves nothing.
func (a *Authenticator) Issued(raw string) bool {
	_, ok := a.issuerOf(raw)
	return ok
}

func (a *Authenticator) issuerOf(raw string) (*issuer, bool) {
	url, err := claimedIssuer(raw)
	if err != nil {
		return nil, false
	}
	known, ok := (*a.current.Load())[url]
	return known, ok
}

// AuthenticateToken implements authenticator.Token. Tokens of issuers that are not
// configured are left to others. No user or group has a reserved name.
func (a *Authenticator) AuthenticateToken(ctx context.Context, raw string) (*authenticator.Response, bool, error) {
	by, ok := a.issuerOf(raw)
	if !ok {
		return nil, false, nil
	}
	if by.token == nil {
		return nil, false, fmt.Errorf("oidc: the server is starting and does not know the issuer %s yet", by.config.Issuer.URL)
	}
	response, ok, err := by.token.AuthenticateToken(ctx, raw)
	if err != nil || !ok {
		return nil, false, err
	}
	if err := authn.CheckForeign(response.User); err != nil {
		return nil, false, fmt.Errorf("oidc: the issuer %s: %w", by.config.Issuer.URL, err)
	}
	return authenticated(response), true, nil
}

// authenticated adds the group that all callers with credentials are in.
func authenticated(response *authenticator.Response) *authenticator.Response {
	u := response.User
	out := *response
	out.User = &user.DefaultInfo{
		Name: u.GetName(), UID: u.GetUID(), Extra: u.GetExtra(),
		Groups: append(slices.Clone(u.GetGroups()), user.AllAuthenticated),
	}
	return &out
}

// claimedIssuer returns the issuer that a JWT names, read as Kubernetes reads it.
func claimedIssuer(raw string) (string, error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("a compact JWT has 3 parts and not %d", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("decoding the claims: %w", err)
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", fmt.Errorf("reading the claims: %w", err)
	}
	if claims.Issuer == "accounts.google.com" { // an old name of theirs
		return "https://accounts.google.com", nil
	}
	return claims.Issuer, nil
}
