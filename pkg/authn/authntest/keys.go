// Package authntest has tokens without a store, for tests.
package authntest

import (
	"context"
	"crypto/ecdsa"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/authn"
)

// Keys are keys that never change; the last one signs.
type Keys []*authn.Key

// NewKeys returns one new key, and its private key.
func NewKeys(t testing.TB) (Keys, *ecdsa.PrivateKey) {
	t.Helper()
	private, err := authn.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := authn.NewKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return Keys{key}, private
}

// Signing implements authn.Keys.
func (k Keys) Signing(context.Context) (*authn.Key, error) {
	if len(k) == 0 {
		return nil, authn.ErrNoKey
	}
	return k[len(k)-1], nil
}

// Verifying implements authn.Keys.
func (k Keys) Verifying(context.Context) ([]*authn.Key, error) { return k, nil }

// Revoked are the ids of revoked tokens.
type Revoked map[string]bool

// Revoked implements authn.Revocations.
func (r Revoked) Revoked(_ context.Context, id, _ string, _ time.Time) (bool, error) {
	return r[id], nil
}

// NewTokens returns tokens of one new key, none of which is revoked.
func NewTokens(t testing.TB, c clock.PassiveClock) (*authn.Tokens, *ecdsa.PrivateKey) {
	t.Helper()
	keys, private := NewKeys(t)
	return authn.NewTokens(keys, Revoked{}, c), private
}
