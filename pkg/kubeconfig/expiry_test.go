package kubeconfig

import (
	"encoding/base64"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/cert"
)

func jwt(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestExpiry(t *testing.T) {
	certificate, _, err := cert.GenerateSelfSignedCertKey("x", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := cert.ParseCertsPEM(certificate)
	if err != nil {
		t.Fatal(err)
	}
	notAfter := parsed[0].NotAfter
	for name, c := range map[string]struct {
		token string
		cert  []byte
		want  time.Time
	}{
		"a token that never ends": {"opaque", nil, time.Time{}},
		"a JWT":                   {jwt(`{"exp":1700000000}`), nil, time.Unix(1700000000, 0)},
		"a fraction":              {jwt(`{"exp":1700000000.5}`), nil, time.Unix(1700000000, 0)},
		"no exp":                  {jwt(`{}`), nil, time.Time{}},
		"a hostile exp":           {jwt(`{"exp":1e300}`), nil, time.Time{}},
		"an exp of another type":  {jwt(`{"exp":"x"}`), nil, time.Time{}},
		"no JSON":                 {"a.b.c", nil, time.Time{}},
		"a certificate":           {"", certificate, notAfter},
		"the first of both":       {jwt(`{"exp":1700000000}`), certificate, time.Unix(1700000000, 0)},
	} {
		got := Expiry(&rest.Config{BearerToken: c.token, TLSClientConfig: rest.TLSClientConfig{CertData: c.cert}})
		if !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTokenClaims(t *testing.T) {
	got := TokenClaims(jwt(`{"sub":"system:serviceaccount:a:b","iat":1700000000,"exp":1700000600.5}`))
	want := Claims{Subject: "system:serviceaccount:a:b", IssuedAt: time.Unix(1700000000, 0).UTC(), Expires: time.Unix(1700000600, 0).UTC()}
	if got != want {
		t.Errorf("claims = %+v, want %+v", got, want)
	}
	for _, token := range []string{"", "opaque", "a.b.c", jwt(`[]`), jwt(`{"sub":1}`), jwt(`{"exp":-1}`)} {
		if got := TokenClaims(token); got != (Claims{}) {
			t.Errorf("%q: %+v", token, got)
		}
	}
}
