package oidcprovider

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// keys are the key that signs and the one that is published: the same, if all is well.
type keys struct {
	mu               sync.Mutex
	signs, published key
}

func newKeys(t testing.TB) *keys {
	t.Helper()
	made := newKey(t)
	return &keys{signs: made, published: made}
}

func (k *keys) rotate(t testing.TB) {
	made := newKey(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.signs, k.published = made, made
}

func (k *keys) forge(t testing.TB) func() {
	forged := newKey(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	forged.id = k.published.id
	k.signs = forged
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.signs = k.published
	}
}

// SigningKey implements op.AuthStorage.
func (k *keys) SigningKey(context.Context) (op.SigningKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signs, nil
}

// KeySet implements op.AuthStorage.
func (k *keys) KeySet(context.Context) ([]op.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return []op.Key{public{k.published}}, nil
}

// key is a private key with its name.
type key struct {
	id  string
	rsa *rsa.PrivateKey
}

func newKey(t testing.TB) key {
	t.Helper()
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	return key{uuid.NewString(), made}
}

// ID implements op.SigningKey.
func (k key) ID() string { return k.id }

// SignatureAlgorithm implements op.SigningKey.
func (k key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Key implements op.SigningKey.
func (k key) Key() any { return k.rsa }

// public is the public half of a key.
type public struct{ key }

// Algorithm implements op.Key.
func (p public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

// Use implements op.Key.
func (p public) Use() string { return "sig" }

// Key implements op.Key.
func (p public) Key() any { return &p.rsa.PublicKey }

// SigningKey implements op.AuthStorage, which the example does as well.
func (u *users) SigningKey(ctx context.Context) (op.SigningKey, error) { return u.keys.SigningKey(ctx) }

// KeySet implements op.AuthStorage.
func (u *users) KeySet(ctx context.Context) ([]op.Key, error) { return u.keys.KeySet(ctx) }

// ClientCredentials implements op.ClientCredentialsStorage.
func (u *users) ClientCredentials(_ context.Context, id, given string) (op.Client, error) {
	if given != secret {
		return nil, errors.New("wrong secret")
	}
	return client{storage.DeviceClient(id, secret)}, nil
}

// GrantTypes implements op.Client.
func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeClientCredentials}
}

// ClientCredentialsTokenRequest implements op.ClientCredentialsStorage.
func (u *users) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	aud := u.user(id).Audience
	if aud == "" {
		aud = audience
	}
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{aud}, Scopes: scopes}, nil
}

// GetPrivateClaimsFromScopes implements op.OPStorage.
func (u *users) GetPrivateClaimsFromScopes(_ context.Context, id, _ string, _ []string) (map[string]any, error) {
	return u.user(id).Claims, nil
}

// CreateAccessToken implements op.AuthStorage.
func (u *users) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	ttl := u.user(request.GetSubject()).TTL
	if ttl == 0 {
		ttl = time.Hour
	}
	return uuid.NewString(), time.Now().Add(ttl), nil
}

// PublicKey returns the key that the provider publishes, as PEM.
func (p *Provider) PublicKey(t testing.TB) []byte {
	t.Helper()
	p.keys.mu.Lock()
	defer p.keys.mu.Unlock()
	der, err := x509.MarshalPKIXPublicKey(&p.keys.published.rsa.PublicKey)
	check(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}
