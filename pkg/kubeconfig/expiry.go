package kubeconfig

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// Expiry is when the credentials of a configuration that RESTConfig returned
// expire: the client certificate, or the token if it is a JWT, whichever is first.
// It is zero when neither says so. Nothing is verified: it is a hint for people.
func Expiry(config *rest.Config) time.Time {
	first := time.Time{}
	for _, at := range []time.Time{certificateExpiry(config.CertData), tokenExpiry(config.BearerToken)} {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

func certificateExpiry(data []byte) time.Time {
	block, _ := pem.Decode(data)
	if block == nil {
		return time.Time{}
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}

// tokenExpiry reads the claim exp, which may have a fraction.
func tokenExpiry(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct{ Exp float64 }
	const last = 1 << 36 // beyond it, times cannot be written as JSON
	if json.Unmarshal(payload, &claims) != nil || claims.Exp <= 0 || claims.Exp > last {
		return time.Time{}
	}
	return time.Unix(int64(claims.Exp), 0).UTC()
}
