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
	for _, at := range []time.Time{certificateExpiry(config.CertData), TokenClaims(config.BearerToken).Expires} {
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

// Claims are what a token says of itself. Nothing is verified.
type Claims struct {
	// Subject whose token it is; empty when it does not say.
	Subject string
	// IssuedAt and Expires are zero when it does not say.
	IssuedAt, Expires time.Time
}

// TokenClaims reads the claims of a token, which are empty when it is no JWT.
func TokenClaims(token string) Claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return Claims{}
	}
	var claims struct {
		Sub      string
		Iat, Exp float64
	}
	if json.Unmarshal(payload, &claims) != nil {
		return Claims{}
	}
	return Claims{Subject: claims.Sub, IssuedAt: timeOf(claims.Iat), Expires: timeOf(claims.Exp)}
}

// timeOf reads a claim, which may have a fraction.
func timeOf(claim float64) time.Time {
	const last = 1 << 36 // beyond it, times cannot be written as JSON
	if claim <= 0 || claim > last {
		return time.Time{}
	}
	return time.Unix(int64(claim), 0).UTC()
}
