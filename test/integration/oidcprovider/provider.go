// Package oidcprovider runs a real OpenID Connect provider within a test, over TLS
// with a certificate authority of its own.
package oidcprovider

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
	certutil "k8s.io/client-go/util/cert"
)

// audience of tokens, unless a User has another.
const audience = "kubenova"

const secret = "a secret of every user"

// Provider is an OpenID Connect provider.
type Provider struct {
	// URL is the issuer, and CA the PEM of the authority that vouches for it.
	URL, CA string

	keys        *keys
	users       *users
	handler     http.Handler
	certificate tls.Certificate
	address     string
	server      *http.Server
}

// User is whom tokens are issued for.
type User struct {
	// Claims are those of its tokens besides the standard ones.
	Claims map[string]any
	// Audience of its tokens; "kubenova" if empty.
	Audience string
	// TTL of its tokens, may be negative; an hour if 0.
	TTL time.Duration
}

// Start starts a provider and stops it when the test ends.
func Start(t testing.TB) *Provider {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	check(t, err)
	p := &Provider{address: listener.Addr().String(), URL: "https://" + listener.Addr().String()}
	certificate, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	check(t, err)
	p.CA = string(certificate)
	p.certificate, err = tls.X509KeyPair(certificate, key)
	check(t, err)
	p.keys = newKeys(t)
	p.users = &users{Storage: storage.NewStorage(storage.NewUserStore(p.URL)), keys: p.keys, users: map[string]User{}}
	p.handler, err = op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CryptoKeyId: "1"}, p.users, op.StaticIssuer(p.URL))
	check(t, err)
	p.serve(listener)
	t.Cleanup(p.Stop)
	return p
}

func (p *Provider) serve(listener net.Listener) {
	p.server = &http.Server{Handler: p.handler, ReadHeaderTimeout: 10 * time.Second, TLSConfig: &tls.Config{Certificates: []tls.Certificate{p.certificate}}} //nolint:gosec // the default of TLS versions is fine
	go func(server *http.Server) { _ = server.ServeTLS(listener, "", "") }(p.server)                                                                         // ends with Stop
}

// Stop has the provider answer no more.
func (p *Provider) Stop() { _ = p.server.Close() } // nothing is to be saved

// Restart has a provider that was stopped answer again.
func (p *Provider) Restart(t testing.TB) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", p.address)
	check(t, err)
	p.serve(listener)
}

// Rotate has the provider sign with a new key, and forget the one before.
func (p *Provider) Rotate(t testing.TB) { p.keys.rotate(t) }

// Forge has the provider sign with a key that it does not publish, under the
// name of the one that it does, until the returned function is called.
func (p *Provider) Forge(t testing.TB) func() { return p.keys.forge(t) }

// Token returns a token for a user, which the provider issues as to any client.
func (p *Provider) Token(t testing.TB, name string, user User) string {
	t.Helper()
	p.users.set(name, user)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/oauth/token", strings.NewReader(form.Encode()))
	check(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(name), url.QueryEscape(secret))
	pool, err := certutil.NewPoolFromBytes([]byte(p.CA))
	check(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}} //nolint:gosec // see above
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(req)
	check(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	var answer struct {
		Token string `json:"access_token"`
	}
	check(t, json.Unmarshal(body, &answer))
	if response.StatusCode != http.StatusOK || answer.Token == "" {
		t.Fatalf("the provider answers %s: %s", response.Status, body)
	}
	return answer.Token
}

// Config returns a JWT authenticator of an AuthenticationConfiguration for the
// provider, with what else it has, in YAML.
func (p *Provider) Config(rest string) string {
	return fmt.Sprintf("- issuer:\n    url: %s\n    audiences: [%s]\n    certificateAuthority: |\n%s\n%s", p.URL, audience,
		indent(p.CA, "      "), indent(strings.TrimSpace(rest), "  "))
}

// File returns an AuthenticationConfiguration of what Config returned.
func File(configs ...string) []byte {
	jwt := "jwt: []\n"
	if len(configs) > 0 {
		jwt = "jwt:\n" + strings.Join(configs, "\n") + "\n"
	}
	return []byte("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n" + jwt)
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// users are the provider's store: that of its example, with users of ours.
type users struct {
	*storage.Storage
	*keys

	users map[string]User
}

var _ op.ClientCredentialsStorage = &users{}

func (u *users) set(name string, user User) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.users[name] = user
}

func (u *users) user(name string) User {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.users[name]
}

// client is a user as the client that it asks as.
type client struct{ op.Client }

// AccessTokenType implements op.Client.
func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
