package oidc

import (
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/test/integration/oidcprovider"
)

// TestReload adds and removes issuers while the server runs.
func TestReload(t *testing.T) {
	first, second := oidcprovider.Start(t), oidcprovider.Start(t)
	s := start(t, oidcprovider.File())
	ann, bob := first.Token(t, "ann", user{}), second.Token(t, "bob", user{})
	s.wantOut(t, "ann before her issuer", ann)

	s.write(t, oidcprovider.File(first.Config(mapped), second.Config(mapped)))
	s.wantIn(t, "ann", ann)
	s.wantIn(t, "bob", bob)

	for _, broken := range []string{
		"", "nonsense", strings.ReplaceAll(string(oidcprovider.File(first.Config(mapped))), `"oidc:"`, `"system:"`),
		string(oidcprovider.File(first.Config(mapped), first.Config(mapped))),
	} {
		failures := s.metric(t, `automatic_reloads_total{`, `status="failure"`)
		s.write(t, []byte(broken))
		s.wantMore(t, failures)
		s.wantIn(t, "ann after a broken edit", ann)
		s.wantIn(t, "bob after a broken edit", bob)
	}
	if err := os.Remove(s.file); err != nil {
		t.Fatal(err)
	}
	s.wantMore(t, s.metric(t, `automatic_reloads_total{`, `status="failure"`))
	s.wantIn(t, "ann without the file", ann)

	// An outage of one provider does not keep another from being removed.
	first.Stop()
	s.write(t, oidcprovider.File(first.Config(mapped)))
	s.wantOut(t, "bob after his issuer", bob)
	s.wantIn(t, "ann, whose issuer is away", ann)
	if got := s.metric(t, `automatic_reloads_total{`, `status="success"`); got == "" || got == "0" {
		t.Errorf("successful reloads: %q", got)
	}
	if got := s.metric(t, `last_config_info{`, `hash="sha256:`); got != "1" {
		t.Errorf("the hash of the configuration: %q", got)
	}
}

// TestProvider has a provider change its keys, and go away and come back.
func TestProvider(t *testing.T) {
	p := oidcprovider.Start(t)
	s := start(t, oidcprovider.File(p.Config(mapped)))
	before := p.Token(t, "ann", user{})
	s.wantIn(t, "before", before)
	p.Rotate(t)
	s.wantIn(t, "a token of the new key", p.Token(t, "ann", user{}))
	s.wantOut(t, "a token of the key that the provider forgot", before)

	after := p.Token(t, "ann", user{})
	p.Stop()
	s.wantIn(t, "a token of a key that is known, while the provider is away", after)
	p.Restart(t)
	p.Rotate(t)
	s.wantIn(t, "after the provider is back, with another key", p.Token(t, "ann", user{}))
}

// TestProviderLater starts a server before its provider.
func TestProviderLater(t *testing.T) {
	p := oidcprovider.Start(t)
	ann := p.Token(t, "ann", user{})
	p.Stop()
	s := start(t, oidcprovider.File(p.Config(mapped)))
	s.wantOut(t, "ann while nobody vouches for her", ann)
	p.Restart(t)
	s.wantIn(t, "ann", ann)
}

// TestAuthority has a provider behind a certificate that nobody vouches for.
func TestAuthority(t *testing.T) {
	p, other := oidcprovider.Start(t), oidcprovider.Start(t)
	ann := p.Token(t, "ann", user{})
	p.CA = other.CA
	s := start(t, oidcprovider.File(p.Config(mapped)))
	s.wantOut(t, "ann of a provider that is not who it says", ann)
}

// metric returns the value of the first metric of the configuration that begins
// and contains so, or nothing.
func (s *server) metric(t *testing.T, begins, contains string) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(s.Admin)
	if err != nil {
		t.Fatal(err)
	}
	data, err := client.RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if strings.HasPrefix(line, "apiserver_authentication_config_controller_"+begins) && strings.Contains(line, contains) {
			return line[strings.LastIndex(line, " ")+1:]
		}
	}
	return ""
}
