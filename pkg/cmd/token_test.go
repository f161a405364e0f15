package cmd

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubenova/kubenova/pkg/testserver"
)

// TestTokenCommands issue the first token of a server, and revoke it.
func TestTokenCommands(t *testing.T) {
	server := testserver.Start(t, testserver.WithAuth)
	run := func(args ...string) (string, error) {
		command, out := NewCommand(), &bytes.Buffer{}
		command.SetOut(out)
		command.SetErr(out)
		command.SetArgs(append(args, "--kubeconfig", server.AdminKubeconfig()))
		err := command.ExecuteContext(t.Context())
		return strings.TrimSpace(out.String()), err
	}
	status := func(token string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/me", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // the status says it all
		return response.StatusCode
	}
	token, err := run("token", "create", "demo", "--ttl", "10m", "--role", "ops,readOnly")
	if err != nil || status(token) != http.StatusOK {
		t.Fatalf("created %q, %v", token, err)
	}
	for _, wrong := range [][]string{
		{"token", "create", "system:admin"}, {"token", "create", "demo", "--role", "root"}, {"token", "create", "demo", "--ttl", "1s"},
		{"token", "create"}, {"token", "revoke"}, {"token", "revoke", "--all", "--subject", "demo"},
	} {
		if out, err := run(wrong...); err == nil {
			t.Errorf("%v: %s", wrong, out)
		}
	}
	if out, err := run("token", "revoke", "--subject", "demo", "--reason", "test"); err != nil || !strings.Contains(out, "created") {
		t.Fatalf("revoked: %s, %v", out, err)
	}
	for start := time.Now(); status(token) != http.StatusUnauthorized; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 5*time.Second {
			t.Fatal("the token is good after 5 s")
		}
	}
}
