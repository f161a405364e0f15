package plugin_test

import (
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// TestErrorsSuggestWhatIsNext has a real server refuse things.
func TestErrorsSuggestWhatIsNext(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	for _, c := range []struct {
		want string
		args []string
	}{
		{"kubectl kubenova cluster list", []string{"cluster", "bootstrap", "ghost", "tenancy"}},
		{"kubectl kubenova tenant list", []string{"tenant", "delete", "ghost", "-y"}},
		{"kubectl kubenova tenant list", []string{"usage", "-t", "ghost"}},
		{"kubectl kubenova project list", []string{"usage", "-t", "acme", "-p", "ghost"}},
		{"kubectl kubenova app list", []string{"app", "suspend", "ghost", "-t", "acme", "-p", "web"}},
		{"kubectl kubenova kubeconfig list", []string{"kubeconfig", "revoke", "ghost", "-t", "acme", "-y"}},
		{"kubectl get tenants.kubenova.io -A", []string{"tenant", "create", "acme", "--on", "dev"}},
		{"kubectl explain tenants.spec --api-version=kubenova.io/v1alpha1", []string{"tenant", "create", "kube-system", "--on", "dev"}},
		{"kubectl kubenova cluster list", []string{"tenant", "create", "new", "--on", "ghost"}},
		{"kubectl kubenova plan list", []string{"tenant", "create", "new", "--on", "dev", "--plan", "ghost"}},
		{"kubectl kubenova why", []string{"tenant", "delete", "acme", "-y", "--as", "mallory"}},
		{"kubectl kubenova access list", []string{"why", "list", "tenants"}}, // a standalone server answers no reviews
		{"--tenant", []string{"project", "list"}},
		{"kubectl config get-contexts", []string{"tenant", "list", "--context", "ghost"}},
	} {
		s.fails(c.want, c.args...)
	}

	good := s.kubeconfig
	change := func(edit func(*clientcmdapi.Config)) {
		t.Helper()
		config, err := clientcmd.LoadFromFile(good)
		if err != nil {
			t.Fatal(err)
		}
		edit(config)
		s.kubeconfig = filepath.Join(t.TempDir(), "changed")
		if err := clientcmd.WriteToFile(*config, s.kubeconfig); err != nil {
			t.Fatal(err)
		}
	}
	change(func(c *clientcmdapi.Config) {
		c.Clusters[c.Contexts[c.CurrentContext].Cluster].Server = "https://127.0.0.1:1"
	})
	s.fails("kubectl cluster-info", "tenant", "list")
	change(func(c *clientcmdapi.Config) {
		c.AuthInfos[c.Contexts[c.CurrentContext].AuthInfo] = &clientcmdapi.AuthInfo{Token: "nonsense"}
	})
	s.fails("kubectl auth whoami", "tenant", "list")
}

// TestColours asks for colours where there is no terminal.
func TestColours(t *testing.T) {
	s := newShell(t)
	s.withTenants()
	preview := []string{"plan", "apply", "gold", "acme", "--dry-run"}
	const escape = "\x1b["
	for _, c := range []struct {
		args []string
		want bool
	}{{nil, false}, {[]string{"--color", "always"}, true}, {[]string{"--color", "never"}, false}, {[]string{"--color", "auto"}, false}} {
		out, err := s.try(append(preview, c.args...)...)
		if err != nil || strings.Contains(out, escape) != c.want || !strings.Contains(out, "plan: - -> gold") {
			t.Errorf("%v: %q, %v", c.args, out, err)
		}
	}
	s.fails("--color", append(preview, "--color", "pink")...)
}
