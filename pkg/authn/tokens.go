// Package authn issues and checks KubeNova tokens.
package authn

import (
	"context"
	"crypto/sha256"
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
	"k8s.io/utils/lru"

	"github.com/kubenova/kubenova/pkg/authz"
)

// Issuer and Audience of every KubeNova token.
const (
	Issuer   = "kubenova.io"
	Audience = "kubenova.io"
)

// Leeway is the clock skew that is tolerated between replicas.
const Leeway = 10 * time.Second

// Tokens issues KubeNova tokens, JWTs signed with ES256, and authenticates their bearers.
type Tokens struct {
	keys    Keys
	revoked Revocations
	clock   clock.PassiveClock
	// signatures that were verified, by the digest of the token.
	signatures *lru.Cache
}

// maxSignatures bounds the signatures that are remembered.
const maxSignatures = 4096

var _ authenticator.Token = &Tokens{}

// extraCredentialID is the key under which the token's jti travels in the user's
// extra, so that the audit log names the token, as that of Kubernetes does.
const extraCredentialID = "authentication.kubernetes.io/credential-id"

type claims struct {
	jwt.Claims
	Roles []authz.Role `json:"roles"`
}

// NewTokens returns the tokens that are signed with keys.
func NewTokens(keys Keys, revoked Revocations, c clock.PassiveClock) *Tokens {
	return &Tokens{keys: keys, revoked: revoked, clock: c, signatures: lru.New(maxSignatures)}
}

// Issued is a token.
type Issued struct {
	// Token is the JWT, and ID its jti.
	Token, ID string
	// ExpiresAt is when it ends.
	ExpiresAt time.Time
}

// Issue returns a token for subject with roles that expires after ttl. It fails
// for an empty or system: subject, for an unknown role, and with ErrNoKey.
func (t *Tokens) Issue(ctx context.Context, subject string, roles []string, ttl time.Duration) (Issued, error) {
	if err := checkSubject(subject); err != nil {
		return Issued{}, err
	}
	known := make([]authz.Role, 0, len(roles))
	for _, role := range roles {
		if !slices.Contains(authz.Roles(), authz.Role(role)) {
			return Issued{}, fmt.Errorf("unknown role %q", role)
		}
		known = append(known, authz.Role(role))
	}
	key, err := t.keys.Signing(ctx)
	if err != nil {
		return Issued{}, err
	}
	now := t.clock.Now()
	issued := Issued{ID: uuid.NewString(), ExpiresAt: now.Add(ttl).Truncate(time.Second)}
	issued.Token, err = jwt.Signed(key.signer).Claims(claims{
		Claims: jwt.Claims{
			Issuer:    Issuer,
			Subject:   subject,
			Audience:  jwt.Audience{Audience},
			Expiry:    jwt.NewNumericDate(issued.ExpiresAt),
			NotBefore: jwt.NewNumericDate(now),
			IssuedAt:  jwt.NewNumericDate(now),
			ID:        issued.ID,
		},
		Roles: known,
	}).Serialize()
	if err != nil {
		return Issued{}, fmt.Errorf("signing a token: %w", err)
	}
	return issued, nil
}

// AuthenticateToken implements authenticator.Token. A token of another issuer is
// left to other authenticators; one that claims to be KubeNova's and is not valid is an error.
func (t *Tokens) AuthenticateToken(ctx context.Context, raw string) (*authenticator.Response, bool, error) {
	said, err := t.signed(ctx, raw)
	if err != nil || said == nil {
		return nil, false, err
	}
	if err := t.check(ctx, said); err != nil {
		return nil, false, err
	}
	return &authenticator.Response{User: userOf(said)}, true, nil
}

// signature is what a token says, and the key that signed it.
type signature struct {
	keyID string
	said  *claims
}

// signed returns what a token says whose signature is good, and nil for one that
// is not KubeNova's. Signatures are remembered, since verifying one costs more than
// most requests do otherwise; whether the key still counts is asked each time.
func (t *Tokens) signed(ctx context.Context, raw string) (*claims, error) {
	digest := sha256.Sum256([]byte(raw))
	if known, ok := t.signatures.Get(digest); ok {
		known := known.(signature)
		_, err := t.key(ctx, known.keyID)
		return known.said, err
	}
	parsed, ok := parseOwn(raw)
	if !ok {
		return nil, nil
	}
	if len(parsed.Headers) != 1 {
		return nil, errUnknownKey
	}
	key, err := t.key(ctx, parsed.Headers[0].KeyID)
	if err != nil {
		return nil, err
	}
	said := &claims{}
	if err := parsed.Claims(key.private.Public(), said); err != nil {
		return nil, fmt.Errorf("verifying the token: %w", err)
	}
	t.signatures.Add(digest, signature{key.ID, said})
	return said, nil
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

// check returns why what a token says does not count now, or nil.
func (t *Tokens) check(ctx context.Context, said *claims) error {
	if said.Expiry == nil || said.IssuedAt == nil || said.NotBefore == nil || said.ID == "" {
		return errors.New("the token lacks exp, iat, nbf or jti")
	}
	expected := jwt.Expected{Issuer: Issuer, AnyAudience: jwt.Audience{Audience}, Time: t.clock.Now()}
	if err := said.ValidateWithLeeway(expected, Leeway); err != nil {
		return fmt.Errorf("the token is not valid: %w", err)
	}
	revoked, err := t.revoked.Revoked(ctx, said.ID, said.Subject, said.IssuedAt.Time())
	if err != nil {
		return fmt.Errorf("looking for revocations of the token: %w", err)
	}
	if revoked {
		return errors.New("the token was revoked")
	}
	return checkSubject(said.Subject)
}

var errUnknownKey = errors.New("the token was not signed with a key of this KubeNova")

// key returns the key of an id whose tokens are good.
func (t *Tokens) key(ctx context.Context, id string) (*Key, error) {
	keys, err := t.keys.Verifying(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.ID == id {
			return key, nil
		}
	}
	return nil, errUnknownKey
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
		Extra:  map[string][]string{authz.ExtraRoles: {}, extraCredentialID: {"JTI=" + c.ID}},
	}
	for _, role := range c.Roles {
		info.Groups = append(info.Groups, authz.GroupPrefix+string(role))
		info.Extra[authz.ExtraRoles] = append(info.Extra[authz.ExtraRoles], string(role))
	}
	return info
}
