package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func writtenPKI(t *testing.T) (layout, *pki) {
	t.Helper()
	l := testLayout(t)
	p, err := writePKI(l)
	if err != nil {
		t.Fatal(err)
	}
	return l, p
}

func TestServerCertificatesFitTheirNames(t *testing.T) {
	l, p := writtenPKI(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.ca.pem)
	for process, names := range servers {
		pair, err := tls.LoadX509KeyPair(serving(l, process))
		if err != nil {
			t.Fatalf("%s: %v", process, err)
		}
		for _, name := range append([]string{"localhost", "127.0.0.1"}, names...) {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				t.Errorf("%s as %s: %v", process, name, err)
			}
		}
	}
}

func TestClientCertificateCarriesUserAndGroups(t *testing.T) {
	_, p := writtenPKI(t)
	pair, err := p.ca.client("someone", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tls.X509KeyPair(pair.cert, pair.key)
	if err != nil {
		t.Fatal(err)
	}
	subject := loaded.Leaf.Subject
	if subject.CommonName != "someone" || !slices.Equal(subject.Organization, []string{"system:masters"}) {
		t.Errorf("the subject is %s", subject)
	}
}

func TestFrontProxyCertificateIsNoClientOfTheCluster(t *testing.T) {
	l, p := writtenPKI(t)
	pair, err := tls.LoadX509KeyPair(l.cert("front-proxy-client"), l.key("front-proxy-client"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.ca.pem)
	options := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := pair.Leaf.Verify(options); err == nil {
		t.Error("the cluster's authority vouches for the front proxy")
	}
}

func TestKeysArePrivate(t *testing.T) {
	l, _ := writtenPKI(t)
	err := filepath.WalkDir(l.root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".key" {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
