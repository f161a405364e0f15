package authn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/authn/authntest"
)

// FuzzTokens shows tokens that are made of any parts, with and without our signature.
// What is accepted is judged again, by nothing but the standard library.
func FuzzTokens(f *testing.F) {
	key := fixedKey(f)
	own, err := authn.NewKey(key)
	if err != nil {
		f.Fatal(err)
	}
	tokens := authn.NewTokens(authntest.Keys{own}, authntest.Revoked{"revoked": true}, clocktesting.NewFakePassiveClock(now))
	ours := `{"alg":"ES256","typ":"JWT","kid":"` + own.ID + `"}`
	good := fmt.Sprintf(`{"iss":"kubenova.io","aud":["kubenova.io"],"sub":"demo","roles":["admin"],"jti":"1","iat":%d,"nbf":%d,"exp":%d}`, now.Unix(), now.Unix(), now.Unix()+3600)
	f.Add(ours, good, "", true)
	f.Add(ours, good, "AAAA", false)
	f.Add(`{"alg":"none"}`, good, "", false)
	f.Add(`{"alg":"HS256","kid":"`+own.ID+`"}`, good, "AAAA", true)
	f.Add(`{"alg":"ES256","kid":"other","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`, good, "", true)
	f.Add(`{"alg":"ES256","kid":"`+own.ID+`","crit":["exp"],"b64":false}`, good, "", true)
	for _, change := range [][2]string{
		{`"sub":"demo"`, `"sub":"system:admin"`}, {`"sub":"demo"`, `"sub":" "`}, {`"sub":"demo"`, `"sub":"demo","sub":"system:admin"`}, {`"jti":"1"`, `"jti":"revoked"`},
		{`"jti":"1"`, `"JTI":"1"`}, {`"iss":"kubenova.io"`, `"iss":"other"`}, {`["kubenova.io"]`, `"kubenova.io"`}, {`["kubenova.io"]`, `["other"]`}, {`"roles":["admin"]`, `"roles":{"a":1}`},
		{`"exp":`, `"exp":1e300,"x":`}, {`"exp":`, `"exp":-1,"x":`}, {`"exp":`, `"exp":null,"x":`}, {`"roles"`, `"x":` + strings.Repeat("[", 20000) + `,"roles"`},
	} {
		f.Add(ours, strings.Replace(good, change[0], change[1], 1), "", true)
	}
	f.Add("", "", "", false)
	f.Add(".", "..", ".", true)
	f.Fuzz(func(t *testing.T, header, payload, signature string, sign bool) {
		signed := encoded(header) + "." + encoded(payload)
		if sign {
			signature = sign256(t, key, signed)
		}
		raw := signed + "." + signature
		response, ok, err := tokens.AuthenticateToken(t.Context(), raw)
		if ok != (response != nil) || ok && err != nil {
			t.Fatalf("%s: %v, %v, %v", raw, response, ok, err)
		}
		if !ok {
			return
		}
		if !verified(&key.PublicKey, signed, signature) {
			t.Fatalf("%s is accepted without our signature", raw)
		}
		if problem := judge(payload, response.User.GetName()); problem != "" {
			t.Errorf("%s is accepted: %s", payload, problem)
		}
	})
}

// fixedKey is the same in each of the processes that fuzz.
func fixedKey(f *testing.F) *ecdsa.PrivateKey {
	f.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		f.Fatal(err)
	}
	return key
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func sign256(t *testing.T, key *ecdsa.PrivateKey, signed string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func verified(key *ecdsa.PublicKey, signed, signature string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	digest := sha256.Sum256([]byte(signed))
	return err == nil && len(raw) == 64 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]))
}

// judge says why what a token says must not be accepted for a user, or nothing.
func judge(payload, name string) string {
	var said struct {
		values map[string]json.RawMessage
		sub    string
		jti    string
		iss    string
		exp    float64
	}
	if err := json.Unmarshal([]byte(payload), &said.values); err != nil {
		return err.Error()
	}
	for claim, into := range map[string]any{"sub": &said.sub, "jti": &said.jti, "iss": &said.iss, "exp": &said.exp} {
		if err := json.Unmarshal(said.values[claim], into); err != nil {
			return claim + ": " + err.Error()
		}
	}
	var audience []string
	if json.Unmarshal(said.values["aud"], &audience) != nil {
		audience = []string{strings.Trim(string(said.values["aud"]), `"`)}
	}
	switch {
	case said.sub != name || strings.TrimSpace(name) == "" || strings.HasPrefix(name, "system:"):
		return "the user is " + name
	case said.jti == "" || said.jti == "revoked":
		return "the id is " + said.jti
	case said.iss != authn.Issuer || !slices.Contains(audience, authn.Audience):
		return fmt.Sprintf("it is of %s for %v", said.iss, audience)
	case said.exp < float64(now.Add(-authn.Leeway-time.Second).Unix()):
		return "it has expired"
	}
	return ""
}
