package standalone

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"github.com/kubenova/kubenova/pkg/secretfile"
)

const (
	caLifetime   = 10 * 365 * 24 * time.Hour
	leafLifetime = 365 * 24 * time.Hour
	// clockSkew lets a certificate be used by clients whose clock is behind.
	clockSkew = 5 * time.Minute
)

// authority is the certificate authority of one installation.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	certFile    string
}

// certificateFiles are where a certificate and its key lie.
type certificateFiles struct{ cert, key string }

// openAuthority reads the authority.
func openAuthority(f files) (*authority, error) {
	at := f.authority()
	certs, err := cert.CertsFromFile(at.cert)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority: %w", err)
	}
	parsed, err := keyutil.PrivateKeyFromFile(at.key)
	if err != nil {
		return nil, fmt.Errorf("reading the key of the certificate authority: %w", err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the key of the certificate authority cannot sign: %T", parsed)
	}
	return &authority{certificate: certs[0], key: signer, certFile: at.cert}, nil
}

func makeAuthority(f files) error {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "kubenova-ca"},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	return writeCertificate(f.authority(), template, caLifetime, nil)
}

// serving makes the certificate of the HTTPS listener. Certificates below the
// authority are made anew at every start, so that they do not run out.
func (a *authority) serving(f files, bindAddress string) (certificateFiles, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kubenova-apiserver"},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(bindAddress); ip != nil && !ip.IsUnspecified() && !slices.ContainsFunc(template.IPAddresses, ip.Equal) {
		template.IPAddresses = append(template.IPAddresses, ip)
	}
	if hostname, err := os.Hostname(); err == nil {
		template.DNSNames = append(template.DNSNames, hostname)
	}
	at := pair(f, "apiserver")
	return at, writeCertificate(at, template, leafLifetime, a)
}

// admin makes the client certificate of the administrator.
func (a *authority) admin(f files) (certificateFiles, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "kubenova-admin", Organization: []string{"system:masters"}},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	at := pair(f, "admin")
	return at, writeCertificate(at, template, leafLifetime, a)
}

func pair(f files, name string) certificateFiles {
	base := filepath.Join(f.pki(), name)
	return certificateFiles{cert: base + ".crt", key: base + ".key"}
}

// writeCertificate makes a key and a certificate for it, signed by an authority
// or, without one, by itself.
func writeCertificate(at certificateFiles, template *x509.Certificate, lifetime time.Duration, by *authority) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return fmt.Errorf("making a serial number: %w", err)
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-clockSkew)
	template.NotAfter = time.Now().Add(lifetime)
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return fmt.Errorf("signing the certificate of %s: %w", template.Subject.CommonName, err)
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return fmt.Errorf("encoding a key: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("reading the new certificate: %w", err)
	}
	certPEM, err := cert.EncodeCertificates(certificate)
	if err != nil {
		return fmt.Errorf("encoding a certificate: %w", err)
	}
	// The key comes last: an authority counts as made once its key is there.
	if err := secretfile.Write(at.cert, certPEM); err != nil {
		return err
	}
	return secretfile.Write(at.key, keyPEM)
}
