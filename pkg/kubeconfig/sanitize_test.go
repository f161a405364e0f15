package kubeconfig_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

// config returns a kubeconfig with the given bodies, each a JSON object.
func config(cluster, user string) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"dev",
	"clusters":[{"name":"c","cluster":%s}],"users":[{"name":"u","user":%s}],
	"contexts":[{"name":"dev","context":{"cluster":"c","user":"u"}}]}`, cluster, user)
}

const (
	goodCluster = `{"server":"https://cluster.example:6443"}`
	goodUser    = `{"token":"canary-token"}`
)

func TestSanitizeAccepts(t *testing.T) {
	id := newIdentity(t, "admin")
	full := config(
		fmt.Sprintf(`{"server":"https://[fd00::1]:6443/k8s/clusters/c-1","certificate-authority-data":%q,"extensions":[{"name":"x"}]}`, id.ca),
		fmt.Sprintf(`{"client-certificate-data":%q,"client-key-data":%q,"exec":null,"username":""}`, id.cert, id.key))
	for name, in := range map[string]string{
		"token":              config(goodCluster, goodUser),
		"all inline":         full,
		"zero values":        config(`{"server":"https://a","insecure-skip-tls-verify":false,"proxy-url":""}`, goodUser),
		"JSON with tabs":     strings.ReplaceAll(config(goodCluster, goodUser), "\n", "\n\t\t"),
		"one context":        strings.Replace(config(goodCluster, goodUser), `"current-context":"dev",`, "", 1),
		"hostile other part": withNeighbour(`{"exec":{"command":"touch"}}`),
		"broken other part":  withNeighbour(`"not an object"`),
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := kubeconfig.Sanitize([]byte(in))
			if len(errs) > 0 {
				t.Fatalf("refused: %v", errs)
			}
			again, errs := kubeconfig.Sanitize(out)
			if len(errs) > 0 || !bytes.Equal(out, again) {
				t.Errorf("not canonical: %v\n%s\n%s", errs, out, again)
			}
			if bytes.Contains(out, []byte("touch")) || bytes.Contains(out, []byte("extensions")) {
				t.Errorf("kept what it should drop:\n%s", out)
			}
			sameConnection(t, out)
		})
	}
}

// withNeighbour adds a user that the current context does not use.
func withNeighbour(user string) string {
	return strings.Replace(config(goodCluster, goodUser), `"users":[`, `"users":[{"name":"other","user":`+user+`},`, 1)
}

// sameConnection checks RESTConfig against clientcmd, the reader that everyone else uses.
func sameConnection(t *testing.T, sanitized []byte) {
	t.Helper()
	got, err := kubeconfig.RESTConfig(sanitized)
	if err != nil {
		t.Fatal(err)
	}
	want, err := clientcmd.RESTConfigFromKubeConfig(sanitized)
	if err != nil {
		t.Fatalf("clientcmd refuses the canonical form: %v", err)
	}
	if got.Host != want.Host || got.BearerToken != want.BearerToken ||
		!bytes.Equal(got.CAData, want.CAData) || !bytes.Equal(got.CertData, want.CertData) || !bytes.Equal(got.KeyData, want.KeyData) {
		t.Errorf("clientcmd reads another connection")
	}
	if got.BearerToken == "" && len(got.CertData) == 0 {
		t.Error("no identity")
	}
}

func TestSanitizeRefuses(t *testing.T) {
	id, other, nobody := newIdentity(t, "admin"), newIdentity(t, "admin"), newIdentity(t, "")
	user := func(body string) string { return config(goodCluster, body) }
	cluster := func(body string) string { return config(body, goodUser) }
	context := func(body string) string {
		return strings.Replace(config(goodCluster, goodUser), `{"cluster":"c","user":"u"}`, body, 1)
	}
	two := strings.Replace(config(goodCluster, goodUser), `"contexts":[`, `"contexts":[{"name":"b","context":{}},`, 1)

	for name, tc := range map[string]struct{ in, path string }{
		"exec":                    {user(`{"exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"sh"}}`), "kubeconfig.users[0].user.exec"},
		"exec beside a token":     {user(`{"token":"t","exec":{"command":"sh"}}`), "kubeconfig.users[0].user.exec"},
		"empty exec":              {user(`{"token":"t","exec":{}}`), "kubeconfig.users[0].user.exec"},
		"auth-provider":           {user(`{"token":"t","auth-provider":{"name":"gcp"}}`), "kubeconfig.users[0].user.auth-provider"},
		"tokenFile":               {user(`{"tokenFile":"/etc/passwd"}`), "kubeconfig.users[0].user.tokenFile"},
		"client-key file":         {user(`{"token":"t","client-key":"/k"}`), "kubeconfig.users[0].user.client-key"},
		"client-certificate file": {user(`{"token":"t","client-certificate":"/k"}`), "kubeconfig.users[0].user.client-certificate"},
		"as":                      {user(`{"token":"t","as":"root"}`), "kubeconfig.users[0].user.as"},
		"as-groups":               {user(`{"token":"t","as-groups":["system:masters"]}`), "kubeconfig.users[0].user.as-groups"},
		"as-user-extra":           {user(`{"token":"t","as-user-extra":{"a":["b"]}}`), "kubeconfig.users[0].user.as-user-extra"},
		"username":                {user(`{"username":"a","password":"b"}`), "kubeconfig.users[0].user.username"},
		"unknown user field":      {user(`{"token":"t","Exec":{"command":"sh"}}`), "kubeconfig.users[0].user.Exec"},
		"no identity":             {user(`{}`), "kubeconfig.users[0].user"},
		"token of another type":   {user(`{"token":7}`), "kubeconfig.users[0].user.token"},
		"token with a line break": {user(`{"token":"a\r\nX-Remote-User: b"}`), "kubeconfig.users[0].user.token"},
		"certificate, no key":     {user(fmt.Sprintf(`{"client-certificate-data":%q}`, id.cert)), "kubeconfig.users[0].user.client-key-data"},
		"key, no certificate":     {user(fmt.Sprintf(`{"client-key-data":%q}`, id.key)), "kubeconfig.users[0].user.client-certificate-data"},
		"another's key":           {user(fmt.Sprintf(`{"client-certificate-data":%q,"client-key-data":%q}`, id.cert, other.key)), "kubeconfig.users[0].user.client-certificate-data"},
		"certificate of no one":   {user(fmt.Sprintf(`{"client-certificate-data":%q,"client-key-data":%q}`, nobody.cert, nobody.key)), "kubeconfig.users[0].user.client-certificate-data"},
		"http":                    {cluster(`{"server":"http://cluster.example"}`), "kubeconfig.clusters[0].cluster.server"},
		"unix socket":             {cluster(`{"server":"unix:///var/run/x.sock"}`), "kubeconfig.clusters[0].cluster.server"},
		"no host":                 {cluster(`{"server":"https:///x"}`), "kubeconfig.clusters[0].cluster.server"},
		"no server":               {cluster(`{}`), "kubeconfig.clusters[0].cluster.server"},
		"server with password":    {cluster(`{"server":"https://a:b@cluster.example"}`), "kubeconfig.clusters[0].cluster.server"},
		"server with query":       {cluster(`{"server":"https://cluster.example?x=1"}`), "kubeconfig.clusters[0].cluster.server"},
		"server that climbs":      {cluster(`{"server":"https://cluster.example/a/../b"}`), "kubeconfig.clusters[0].cluster.server"},
		"proxy-url":               {cluster(`{"server":"https://a","proxy-url":"socks5://b"}`), "kubeconfig.clusters[0].cluster.proxy-url"},
		"insecure":                {cluster(`{"server":"https://a","insecure-skip-tls-verify":true}`), "kubeconfig.clusters[0].cluster.insecure-skip-tls-verify"},
		"CA file":                 {cluster(`{"server":"https://a","certificate-authority":"/ca"}`), "kubeconfig.clusters[0].cluster.certificate-authority"},
		"tls-server-name":         {cluster(`{"server":"https://a","tls-server-name":"b"}`), "kubeconfig.clusters[0].cluster.tls-server-name"},
		"CA is a key":             {cluster(fmt.Sprintf(`{"server":"https://a","certificate-authority-data":%q}`, id.key)), "kubeconfig.clusters[0].cluster.certificate-authority-data"},
		"CA is not base64":        {cluster(`{"server":"https://a","certificate-authority-data":"%"}`), "kubeconfig.clusters[0].cluster.certificate-authority-data"},
		"namespace":               {context(`{"cluster":"c","user":"u","namespace":"../x"}`), "kubeconfig.contexts[0].context.namespace"},
		"unknown cluster":         {context(`{"cluster":"x","user":"u"}`), "kubeconfig.contexts[0].context.cluster"},
		"no user":                 {context(`{"cluster":"c"}`), "kubeconfig.contexts[0].context.user"},
		"two contexts, none current": {
			strings.Replace(two, `"current-context":"dev",`, "", 1), "kubeconfig.current-context"},
		"unknown context": {strings.Replace(two, `"dev",`, `"x",`, 1), "kubeconfig.current-context"},
		"two users of one name": {
			strings.Replace(config(goodCluster, goodUser), `"users":[`, `"users":[{"name":"u","user":{"token":"b"}},`, 1), "kubeconfig.users[1].name"},
		"a key twice":      {user(`{"token":"a","token":"b"}`), "kubeconfig.users[0].user.token"},
		"a merge key":      {"b: &b {exec: {command: sh}}\nusers: [{name: u, user: {<<: *b, token: t}}]\nclusters: [{name: c, cluster: {server: 'https://a'}}]\ncontexts: [{name: d, context: {cluster: c, user: u}}]\n", "kubeconfig.users[0].user.<<"},
		"an alias":         {"b: &b {token: t}\nusers: [{name: u, user: *b}]\nclusters: [{name: c, cluster: {server: 'https://a'}}]\ncontexts: [{name: d, context: {cluster: c, user: u}}]\n", "kubeconfig.users[0].user"},
		"two documents":    {config(goodCluster, goodUser) + "\n---\n{}", "kubeconfig"},
		"another version":  {strings.Replace(config(goodCluster, goodUser), `"v1"`, `"v2"`, 1), "kubeconfig.apiVersion"},
		"another kind":     {strings.Replace(config(goodCluster, goodUser), `"Config"`, `"Secret"`, 1), "kubeconfig.kind"},
		"empty":            {"", "kubeconfig"},
		"a list":           {"[]", "kubeconfig"},
		"not YAML":         {"{", "kubeconfig"},
		"too long":         {strings.Repeat("#", kubeconfig.MaxSize+1), "kubeconfig"},
		"deep":             {strings.Repeat("[", kubeconfig.MaxSize), "kubeconfig"},
		"users not a list": {strings.Replace(config(goodCluster, goodUser), `"users":[`, `"users":"x","z":[`, 1), "kubeconfig.users"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := kubeconfig.Sanitize([]byte(tc.in))
			if out != nil || len(errs) == 0 {
				t.Fatalf("accepted: %s", out)
			}
			if errs[0].Field != tc.path {
				t.Errorf("first error is of %s, want %s: %v", errs[0].Field, tc.path, errs)
			}
			if strings.Contains(errs.ToAggregate().Error(), "canary") {
				t.Errorf("the error holds the token: %v", errs)
			}
			if _, err := kubeconfig.RESTConfig([]byte(tc.in)); err == nil {
				t.Error("RESTConfig accepts it")
			}
		})
	}
}

// TestNothingRuns has an exec plugin that would leave a file behind.
func TestNothingRuns(t *testing.T) {
	sentinel := filepath.Join(t.TempDir(), "sentinel")
	in := config(goodCluster, fmt.Sprintf(
		`{"exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"touch","args":[%q],"interactiveMode":"Never"}}`, sentinel))
	if _, errs := kubeconfig.Sanitize([]byte(in)); len(errs) == 0 {
		t.Error("accepted")
	}
	if _, err := kubeconfig.RESTConfig([]byte(in)); err == nil {
		t.Error("RESTConfig accepts it")
	}
	if _, err := os.Stat(sentinel); !os.IsNotExist(err) {
		t.Errorf("the plugin ran: %v", err)
	}
}
