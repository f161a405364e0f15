package authn

import (
	"crypto/ecdsa"
	"fmt"
	"os"

	"k8s.io/client-go/util/keyutil"
)

// LoadKey reads a P-256 private key from a PEM file.
func LoadKey(path string) (*ecdsa.PrivateKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the token signing key: %w", err)
	}
	parsed, err := keyutil.ParsePrivateKeyPEM(data)
	if err != nil {
		return nil, fmt.Errorf("parsing the token signing key %s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the token signing key %s must be an EC key, not %T", path, parsed)
	}
	return key, nil
}
