package kubeconfig

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// connection is what is accepted of a kubeconfig.
type connection struct {
	server, namespace   string
	ca, cert, key       []byte
	token               string
	caPath, certPath    *field.Path
	keyPath, identityAt *field.Path
}

// checkEntries reads the accepted fields and refuses all others.
func checkEntries(e *entries) (*connection, field.ErrorList) {
	errs := e.context.only("cluster", "user", "namespace")
	errs = append(errs, e.cluster.only("server", "certificate-authority-data")...)
	errs = append(errs, e.user.only("client-certificate-data", "client-key-data", "token")...)

	c := &connection{
		caPath:     e.cluster.path.Child("certificate-authority-data"),
		certPath:   e.user.path.Child("client-certificate-data"),
		keyPath:    e.user.path.Child("client-key-data"),
		identityAt: e.user.path,
	}
	for _, read := range []struct {
		from  *object
		key   string
		check func(value string, path *field.Path) *field.Error
	}{
		{e.context, "namespace", c.setNamespace},
		{e.cluster, "server", c.setServer},
		{e.cluster, "certificate-authority-data", into(&c.ca)},
		{e.user, "client-certificate-data", into(&c.cert)},
		{e.user, "client-key-data", into(&c.key)},
		{e.user, "token", c.setToken},
	} {
		value, err := read.from.text(read.key)
		if err == nil {
			err = read.check(value, read.from.path.Child(read.key))
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		errs = c.checkCertificates()
	}
	return c, errs
}

func (c *connection) setNamespace(value string, path *field.Path) *field.Error {
	if problems := validation.IsDNS1123Label(value); value != "" && len(problems) > 0 {
		return field.Invalid(path, field.OmitValueType{}, strings.Join(problems, ", "))
	}
	c.namespace = value
	return nil
}

// setServer accepts an https URL of a host and, for API servers behind a
// gateway, a path.
func (c *connection) setServer(value string, path *field.Path) *field.Error {
	if value == "" {
		return field.Required(path, "")
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return field.Invalid(path, field.OmitValueType{}, "must be a URL")
	case u.Scheme != "https":
		return field.Invalid(path, field.OmitValueType{}, "must begin with https://")
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " %"):
		return field.Invalid(path, field.OmitValueType{}, "must have a host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "":
		return field.Invalid(path, field.OmitValueType{}, "must have no user, query or fragment")
	case u.Path != "" && u.JoinPath().Path != u.Path:
		return field.Invalid(path, field.OmitValueType{}, "must have a clean path")
	}
	c.server = value
	return nil
}

// setToken refuses what cannot stand in a header.
func (c *connection) setToken(value string, path *field.Path) *field.Error {
	for i := range len(value) {
		if value[i] <= ' ' || value[i] > '~' {
			return field.Invalid(path, field.OmitValueType{}, "must be printable ASCII without spaces")
		}
	}
	c.token = value
	return nil
}

// into returns a check that decodes base64 into target.
func into(target *[]byte) func(string, *field.Path) *field.Error {
	return func(value string, path *field.Path) *field.Error {
		decoded, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return field.Invalid(path, field.OmitValueType{}, "must be base64")
		}
		*target = decoded
		return nil
	}
}

// checkCertificates makes sure that the PEM parts parse, that they belong
// together and that they say who the client is: a request without an identity
// would run as whoever else the connection stands for.
func (c *connection) checkCertificates() (errs field.ErrorList) {
	if len(c.ca) > 0 && !onlyCertificates(c.ca) {
		errs = append(errs, field.Invalid(c.caPath, field.OmitValueType{}, "must hold PEM certificates and nothing else"))
	}
	switch {
	case len(c.cert) == 0 && len(c.key) == 0 && c.token == "":
		return append(errs, field.Required(c.identityAt, "must have a token, or client-certificate-data and client-key-data"))
	case len(c.cert) == 0 && len(c.key) > 0:
		return append(errs, field.Required(c.certPath, "must come with client-key-data"))
	case len(c.cert) > 0 && len(c.key) == 0:
		return append(errs, field.Required(c.keyPath, "must come with client-certificate-data"))
	case len(c.cert) == 0:
		return errs
	}
	pair, err := tls.X509KeyPair(c.cert, c.key)
	if err != nil {
		return append(errs, field.Invalid(c.certPath, field.OmitValueType{}, "must be a PEM certificate that matches client-key-data"))
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil || leaf.Subject.CommonName == "" {
		errs = append(errs, field.Invalid(c.certPath, field.OmitValueType{}, "must name its user in the common name"))
	}
	return errs
}

// onlyCertificates says whether data is PEM certificates, one at least.
func onlyCertificates(data []byte) bool {
	found := false
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return found
		}
		if block.Type != "CERTIFICATE" {
			return false
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return false
		}
		found = true
	}
}
