package kubeconfig_test

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

// FuzzSanitize checks that whatever is accepted is canonical and, as clientcmd
// reads it, has an https server, an identity and nothing that runs or reads files.
func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		config(goodCluster, goodUser),
		config(goodCluster, `{"exec":{"command":"sh"}}`),
		config(`{"server":"http://a","proxy-url":"b"}`, `{"as":"root","tokenFile":"/x"}`),
		withNeighbour(`{"exec":{"command":"sh"}}`),
		"users: [{name: u, user: {token: t}}]\nclusters: [{name: c, cluster: {server: 'https://a'}}]\ncontexts: [{name: d, context: {cluster: c, user: u}}]\n",
		"a: &a [*a]\n<<: *a",
		"--- {}\n---\n",
		strings.Repeat("{a: ", 100),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, errs := kubeconfig.Sanitize(raw)
		if len(errs) > 0 {
			return
		}
		again, errs := kubeconfig.Sanitize(out)
		if len(errs) > 0 || !bytes.Equal(out, again) {
			t.Fatalf("not canonical: %v", errs)
		}
		sameConnection(t, out)
		c, err := clientcmd.RESTConfigFromKubeConfig(out)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(c.Host, "https://") || c.Insecure || c.ExecProvider != nil || c.AuthProvider != nil ||
			c.BearerTokenFile != "" || c.CAFile != "" || c.CertFile != "" || c.KeyFile != "" || c.Username != "" ||
			c.Impersonate.UserName != "" || c.Proxy != nil {
			t.Fatalf("accepted more than it should: %s", out)
		}
	})
}
