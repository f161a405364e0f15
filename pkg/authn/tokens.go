// Package authn issues and checks KubeNova tokens.
package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256" // registers the hash of the key id
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/authz"
)

// Issuer and Audience of every KubeNova token.
const (
	Issuer   = "kubenova.io"
	Audience = "kubenova.io"
)

// leeway is the clock skew that is tolerated between replicas.
const leeway = 10 * time.Second

// Tokens issues KubeNova tokens, JWTs signed with ES256, and authenticates their bearers.
type Tokens struct {
	signer jose.Signer
	key    *ecdsa.PublicKey
	keyID  string
	clock  clock.PassiveClock
}

var _ authenticator.Token = &Tokens{}

type claims struct {
	jwt.Claims
	Roles []authz.Role `json:"roles"`
}

// NewTokens returns the tokens signed with key, a P-256 key.
func NewTokens(key *ecdsa.PrivateKey, c clock.PassiveClock) (*Tokens, error) {
	if key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the signing key must be on curve P-256, not %s", key.Curve.Params().Name)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("computing the id of the signing key: %w", err)
	}
	keyID := base64.RawURLEncoding.EncodeToString(thumbprint)
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return nil, fmt.Errorf("building the token signer: %w", err)
	}
	return &Tokens{signer: signer, key: &key.PublicKey, keyID: keyID, clock: c}, nil
}

// GenerateKey makes a signing key.
func GenerateKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// Issue returns a token for subject with roles that expires after ttl, and when
// that is. It fails for an empty or system: subject and for an unknown role.
func (t *Tokens) Issue(subject string, roles []string, ttl time.Duration) (string, time.Time, error) {
	if err := checkSubject(subject); err != nil {
		return "", time.Time{}, err
	}
	known := make([]authz.Role, 0, len(roles))
	for _, role := range roles {
		if !slices.Contains(authz.Roles(), authz.Role(role)) {
			return "", time.Time{}, fmt.Errorf("unknown role %q", role)
		}
		known = append(known, authz.Role(role))
	}
	now := t.clock.Now()
	expiresAt := now.Add(ttl).Truncate(time.Second)
	token, err := jwt.Signed(t.signer).Claims(claims{
		Claims: jwt.Claims{
			Issuer:    Issuer,
			Subject:   subject,
			Audience:  jwt.Audience{Audience},
			Expiry:    jwt.NewNumericDate(expiresAt),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
			ID:        uuid.NewString(),
		},
		Roles: known,
	}).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("signing a token: %w", err)
	}
	return token, expiresAt, nil
}

// AuthenticateToken implements authenticator.Token. A token of another issuer is
// left to other authenticators; one that claims to be KubeNova's and is not valid is an error.
func (t *Tokens) AuthenticateToken(_ context.Context, raw string) (*authenticator.Response, bool, error) {
	parsed, ok := parseOwn(raw)
	if !ok {
		return nil, false, nil
	}
	verified, err := t.verify(parsed)
	if err != nil {
		return nil, false, err
	}
	return &authenticator.Response{User: userOf(verified)}, true, nil
}

// parseOwn parses a token that claims to be KubeNova's, which proves nothing yet.
func parseOwn(raw string) (*jwt.JSONWebToken, bool) {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		// Not a JWT, or not one of ours: our algorithm is ES256 alone.
		return nil, false
	}
	var unverified jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&unverified); err != nil || unverified.Issuer != Issuer {
		return nil, false
	}
	return parsed, true
}

func (t *Tokens) verify(parsed *jwt.JSONWebToken) (*claims, error) {
	if len(parsed.Headers) != 1 || parsed.Headers[0].KeyID != t.keyID {
		return nil, errors.New("the token was not signed with a key of this KubeNova")
	}
	verified := &claims{}
	if err := parsed.Claims(t.key, verified); err != nil {
		return nil, fmt.Errorf("verifying the token: %w", err)
	}
	if verified.Expiry == nil || verified.IssuedAt == nil || verified.NotBefore == nil || verified.ID == "" {
		return nil, errors.New("the token lacks exp, iat, nbf or jti")
	}
	expected := jwt.Expected{Issuer: Issuer, AnyAudience: jwt.Audience{Audience}, Time: t.clock.Now()}
	if err := verified.ValidateWithLeeway(expected, leeway); err != nil {
		return nil, fmt.Errorf("the token is not valid: %w", err)
	}
	return verified, checkSubject(verified.Subject)
}

func checkSubject(subject string) error {
	switch {
	case strings.TrimSpace(subject) == "":
		return errors.New("the subject must not be empty")
	case strings.HasPrefix(subject, "system:"):
		return errors.New(`the subject must not begin with "system:"`)
	}
	return nil
}

func userOf(c *claims) user.Info {
	info := &user.DefaultInfo{
		Name:   c.Subject,
		Groups: []string{user.AllAuthenticated},
		Extra:  map[string][]string{authz.ExtraRoles: {}},
	}
	for _, role := range c.Roles {
		info.Groups = append(info.Groups, authz.GroupPrefix+string(role))
		info.Extra[authz.ExtraRoles] = append(info.Extra[authz.ExtraRoles], string(role))
	}
	return info
}
