package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ErrNoKey says that there is no key to sign tokens with at the moment.
var ErrNoKey = errors.New("there is no key to sign tokens with at the moment")

// Key signs and verifies tokens.
type Key struct {
	// ID is the key's thumbprint (RFC 7638), the kid of what it signs.
	ID string

	private *ecdsa.PrivateKey
	signer  jose.Signer
}

// Keys are the keys of an installation.
type Keys interface {
	// Signing returns the key that signs now, or an error that wraps ErrNoKey.
	Signing(ctx context.Context) (*Key, error)
	// Verifying returns every key whose tokens are good.
	Verifying(ctx context.Context) ([]*Key, error)
}

// Revocations know which tokens were revoked.
type Revocations interface {
	// Revoked says whether a token was revoked. It fails when that is not known.
	Revoked(ctx context.Context, id, subject string, issuedAt time.Time) (bool, error)
}

// GenerateKey makes a private key for NewKey.
func GenerateKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// NewKey returns the key of a private key on curve P-256.
func NewKey(private *ecdsa.PrivateKey) (*Key, error) {
	if private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the signing key must be on curve P-256, not %s", private.Curve.Params().Name)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("computing the id of the signing key: %w", err)
	}
	id := base64.RawURLEncoding.EncodeToString(thumbprint)
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: id}},
		(&jose.SignerOptions{}).WithType("JWT"),
	)
	if err != nil {
		return nil, fmt.Errorf("building the token signer: %w", err)
	}
	return &Key{ID: id, private: private, signer: signer}, nil
}

// JWKS returns the JSON Web Key Set (RFC 7517) of the public keys that verify tokens.
func (t *Tokens) JWKS(ctx context.Context) ([]byte, error) {
	keys, err := t.keys.Verifying(ctx)
	if err != nil {
		return nil, err
	}
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(keys))}
	for _, key := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: key.ID, Algorithm: string(jose.ES256), Use: "sig"})
	}
	return json.Marshal(set)
}
