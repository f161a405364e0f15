package facade

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// tokenRequest is the body that asks for a token.
type tokenRequest struct {
	Subject    string   `json:"subject"`
	Roles      []string `json:"roles"`
	TTLSeconds *int64   `json:"ttlSeconds"`
}

// tokenAnswer holds a token. A dry run has none.
type tokenAnswer struct {
	Token     string    `json:"token,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// createToken issues a token.
func createToken(c *call) (reply, error) {
	var body tokenRequest
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	token := &v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: body.Subject, Roles: body.Roles, TTLSeconds: body.TTLSeconds}}
	issued, err := c.api.Tokens().Create(c.ctx(), token, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	if issued.Status.ExpiresAt == nil {
		return reply{}, fmt.Errorf("the token for %q has no end", body.Subject)
	}
	return reply{body: tokenAnswer{Token: issued.Status.Token, ExpiresAt: issued.Status.ExpiresAt.UTC()}}, nil
}

// jwks is a JSON Web Key Set (RFC 7517).
type jwks struct {
	Keys []jwk `json:"keys"`
}

// jwk is a public EC key of it.
type jwk struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	X         string `json:"x"`
	Y         string `json:"y"`
}

// getJWKS answers with the public keys that verify tokens.
func getJWKS(c *call) (reply, error) {
	encoded, err := c.config.JWKS(c.ctx())
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", unavailable("the keys are not known at the moment, try again", 0), err)
	}
	var keys jwks
	if err := json.Unmarshal(encoded, &keys); err != nil {
		return reply{}, fmt.Errorf("reading the key set: %w", err)
	}
	return reply{body: keys}, nil
}
