package facade_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// over sends a request through a listener of the server itself.
func over(t *testing.T, client *http.Client, method, url, token, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	facade.CheckAnswer(t, r, []byte(body), response.StatusCode, response.Header, answer)
	return response.StatusCode, string(answer)
}

// TestAuthentication goes through the server's listeners: the guide's first
// steps without authentication, and then with a token that they gave.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	open := server.URL + "/api/v1"
	status, body := over(t, http.DefaultClient, "POST", open+"/tokens", "", `{"subject":"olga","roles":["ops"],"ttlSeconds":3600}`)
	var issued struct{ Token, ExpiresAt string }
	if err := json.Unmarshal([]byte(body), &issued); err != nil || status != 200 || issued.Token == "" || issued.ExpiresAt == "" {
		t.Fatalf("POST /tokens: got %d %s", status, body)
	}
	anonymous := rest.AnonymousClientConfig(server.Admin)
	client, err := rest.HTTPClientFor(anonymous)
	if err != nil {
		t.Fatal(err)
	}
	secure := server.Admin.Host + "/api/v1"
	cases := []struct {
		method, path, token, body string
		status                    int
	}{
		{"GET", "/healthz", "", "", 200},
		{"GET", "/readyz", "", "", 200},
		{"GET", "/openapi.json", "", "", 200},
		{"GET", "/docs", "", "", 200},
		{"GET", "/me", "", "", 401},
		{"GET", "/version", "", "", 401},
		{"GET", "/nothing", "", "", 401},
		{"POST", "/tokens", "", `{"subject":"x","roles":["admin"]}`, 401},
		{"GET", "/me", "nonsense", "", 401},
		{"GET", "/version", issued.Token, "", 200},
		{"POST", "/tokens", issued.Token, `{"subject":"olga","roles":["admin"]}`, 403},
		{"POST", "/clusters", issued.Token, `{"name":"dev","kubeconfig":"` + kubeconfig() + `"}`, 200},
		{"POST", "/clusters/dev/tenants", issued.Token, `{"name":"acme"}`, 403},
		{"GET", "/clusters/dev/tenants", issued.Token, "", 200},
		{"DELETE", "/clusters/dev", issued.Token, "", 204},
	}
	for _, c := range cases {
		if status, body := over(t, client, c.method, secure+c.path, c.token, c.body); status != c.status {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, status, body, c.status)
		}
	}
	status, body = over(t, client, "GET", secure+"/me", issued.Token, "")
	var me object
	if err := json.Unmarshal([]byte(body), &me); err != nil || status != 200 || !slices.Equal(me.Roles, []string{"ops"}) || !strings.Contains(body, `"subject":"olga"`) {
		t.Errorf("GET /me: got %d %s", status, body)
	}
}
