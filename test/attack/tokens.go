package attack

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// forgedTokens are those that nobody issued.
func forgedTokens() []Attack {
	now := time.Now().Unix()
	good := map[string]any{
		"iss": "kubenova.io", "aud": []string{"kubenova.io"}, "sub": "mallory", "roles": []string{"admin"},
		"iat": now - 1, "nbf": now - 1, "exp": now + 3600, "jti": "5f0c",
	}
	forged := func(name string, forge func(ctx context.Context, f *Field) (string, error)) Attack {
		return Attack{Name: name, Expected: "401 at the REST door, 401 at the native one", Try: func(ctx context.Context, f *Field) string {
			token, err := forge(ctx, f)
			if err != nil {
				return "error: " + err.Error()
			}
			return f.rest(token).do(ctx, http.MethodGet, "/clusters", "").String() + " at the REST door, " +
				caller{base: f.Direct, token: token, client: newClient()}.do(ctx, http.MethodGet, apis+"/clusters", "").String() + " at the native one"
		}}
	}
	return []Attack{
		forged("a token that is not signed", func(context.Context, *Field) (string, error) {
			return segment(map[string]any{"alg": "none", "typ": "JWT"}) + "." + segment(good) + ".", nil
		}),
		forged("a token signed with the public key", func(ctx context.Context, f *Field) (string, error) {
			key, err := f.publicKey(ctx)
			if err != nil {
				return "", err
			}
			signed := segment(map[string]any{"alg": "HS256", "typ": "JWT", "kid": key.Kid}) + "." + segment(good)
			mac := hmac.New(sha256.New, []byte(key.X+key.Y))
			mac.Write([]byte(signed))
			return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
		}),
		forged("a token of another key under our key's id", func(ctx context.Context, f *Field) (string, error) {
			key, err := f.publicKey(ctx)
			if err != nil {
				return "", err
			}
			return signedByStranger(map[string]any{"alg": "ES256", "typ": "JWT", "kid": key.Kid}, good)
		}),
		forged("a token that brings its own key", func(context.Context, *Field) (string, error) {
			return signedByStranger(map[string]any{"alg": "ES256", "typ": "JWT", "jku": "http://127.0.0.1:1/jwks",
				"jwk": map[string]any{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, good)
		}),
		forged("a good token with other claims", func(_ context.Context, f *Field) (string, error) {
			parts := strings.Split(f.mine.owner.token, ".")
			return parts[0] + "." + segment(good) + "." + parts[2], nil
		}),
		forged("a good token with another algorithm", func(_ context.Context, f *Field) (string, error) {
			parts := strings.Split(f.mine.owner.token, ".")
			return segment(map[string]any{"alg": "none"}) + "." + parts[1] + "." + parts[2], nil
		}),
	}
}

// publicKey is the first key that the server tells.
func (f *Field) publicKey(ctx context.Context) (key struct{ Kid, X, Y string }, err error) {
	var set struct {
		Keys []struct{ Kid, X, Y string }
	}
	if err := f.rest("").do(ctx, http.MethodGet, "/jwks", "").must(&set); err != nil {
		return key, err
	}
	return set.Keys[0], nil
}

func signedByStranger(header, claims map[string]any) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	signed := segment(header) + "." + segment(claims)
	sum := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		return "", err
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(append(padded(r), padded(s)...)), nil
}

func padded(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

// segment is a part of a token.
func segment(value map[string]any) string {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// readClaims reads what a token says, which proves nothing.
func readClaims(token string, into any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("it is no JWT")
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
