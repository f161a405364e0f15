// Package oidc tests that users of a real OpenID Connect provider are let in.
package oidc

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// soon is within what a change of the file, or of a provider, has to be known.
const soon = 30 * time.Second

// server is a KubeNova with an AuthenticationConfiguration file.
type server struct {
	*testserver.Server

	file   string
	client *http.Client
}

func start(t *testing.T, config []byte) *server {
	t.Helper()
	s := &server{file: filepath.Join(t.TempDir(), "authentication.yaml")}
	s.write(t, config)
	s.Server = testserver.Start(t, testserver.WithAuth, func(o *standalone.Options) { o.AuthenticationConfig = s.file })
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its certificate is made for the test
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{Transport: transport}
	return s
}

// write replaces the file as an administrator, or a ConfigMap, does: at once.
func (s *server) write(t *testing.T, config []byte) {
	t.Helper()
	if err := os.WriteFile(s.file+".new", config, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.file+".new", s.file); err != nil {
		t.Fatal(err)
	}
}

// answer is what a door says.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *server) get(t *testing.T, url, token string) answer {
	t.Helper()
	return s.do(t, http.MethodGet, url, token, "")
}

func (s *server) do(t *testing.T, method, url, token, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	response, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(data)}
}

// native lists tenants over all namespaces at the native door.
func (s *server) native(t *testing.T, token string) answer {
	t.Helper()
	return s.get(t, s.SecureURL()+"/apis/kubenova.io/v1alpha1/tenants", token)
}

// me is what the REST door says of a caller.
type me struct {
	Subject string   `json:"subject"`
	Groups  []string `json:"groups"`
	Tenants []struct {
		Name, Role string
	} `json:"tenants"`
}

func (s *server) me(t *testing.T, token string) (answer, me) {
	t.Helper()
	got := s.get(t, s.URL+"/api/v1/me", token)
	var who me
	if got.status == http.StatusOK {
		if err := json.NewDecoder(bytes.NewBufferString(got.body)).Decode(&who); err != nil {
			t.Fatal(err)
		}
	}
	return got, who
}

// wantIn fails unless both doors know the bearer, soon.
func (s *server) wantIn(t *testing.T, what, token string) me {
	t.Helper()
	s.want(t, what, token, http.StatusOK)
	got, who := s.me(t, token)
	if got.status != http.StatusOK {
		t.Errorf("%s: REST answers %d: %s", what, got.status, got.body)
	}
	return who
}

// wantOut fails unless both doors refuse the bearer, each in its own way.
func (s *server) wantOut(t *testing.T, what, token string) {
	t.Helper()
	s.want(t, what, token, http.StatusUnauthorized)
	got, _ := s.me(t, token)
	if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(got.body, `"code":"KN-401"`) {
		t.Errorf("%s: REST answers %d with %v: %s", what, got.status, got.header, got.body)
	}
}

// want waits for a status of the native door.
func (s *server) want(t *testing.T, what, token string, status int) {
	t.Helper()
	got := s.native(t, token)
	for start := time.Now(); got.status != status; got = s.native(t, token) {
		if time.Since(start) > soon {
			t.Fatalf("%s: the native door answers %d: %s", what, got.status, got.body)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// wantMore waits until more changes of the file were refused than before.
func (s *server) wantMore(t *testing.T, before string) {
	t.Helper()
	for start := time.Now(); s.metric(t, `automatic_reloads_total{`, `status="failure"`) == before; time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > soon {
			t.Fatalf("no change was refused: %q failures", before)
		}
	}
}
