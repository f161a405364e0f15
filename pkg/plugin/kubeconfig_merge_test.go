package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const foreign = `apiVersion: v1
kind: Config
current-context: home
contexts:
- {name: home, context: {cluster: home, user: me, namespace: mine}}
- {name: taken, context: {cluster: home, user: me}}
clusters:
- {name: home, cluster: {server: "https://home.example.com", certificate-authority: ca.pem, extensions: [{name: other, extension: {made: by other}}]}}
users:
- {name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: IfAvailable}}}
`

func issuedConfig(token string) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: "https://target.example.com"}
	config.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u", Namespace: "acme--web"}
	config.CurrentContext = "x"
	return config
}

func kubeconfigFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func mustLoad(t *testing.T, file string) *clientcmdapi.Config {
	t.Helper()
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestMerge adds a context and replaces it, and leaves all others as they are.
func TestMerge(t *testing.T) {
	file := kubeconfigFile(t, foreign)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	before := mustLoad(t, file)
	made := origin{Server: "https://kubenova", Tenant: "acme", Project: "web", Role: "readOnly", Grant: "grant-1"}
	if err := mergeKubeconfig(link, "acme", issuedConfig("one"), made, false); err != nil {
		t.Fatal(err)
	}
	made.Grant = "grant-2"
	if err := mergeKubeconfig(link, "acme", issuedConfig("two"), made, true); err != nil {
		t.Fatal(err)
	}
	after := mustLoad(t, file)
	if user := after.AuthInfos["acme"]; user == nil || user.Token != "two" || after.CurrentContext != "acme" || after.Contexts["acme"].Namespace != "acme--web" {
		t.Errorf("after the second merge: %+v", after)
	}
	for name := range before.Contexts {
		if !reflect.DeepEqual(before.Contexts[name], after.Contexts[name]) {
			t.Errorf("the context %s became %+v", name, after.Contexts[name])
		}
	}
	if !reflect.DeepEqual(before.Clusters["home"], after.Clusters["home"]) || !reflect.DeepEqual(before.AuthInfos["me"], after.AuthInfos["me"]) {
		t.Errorf("entries of others became %+v and %+v", after.Clusters["home"], after.AuthInfos["me"])
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("beside the file lie %v", left)
	}
}

// TestMergeNeverOverwrites tries names that others have.
func TestMergeNeverOverwrites(t *testing.T) {
	file := kubeconfigFile(t, foreign)
	made := origin{Server: "https://kubenova", Tenant: "acme", Role: "readOnly"}
	if err := mergeKubeconfig(file, "ours", issuedConfig("one"), made, false); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := made
	other.Tenant = "globex"
	elsewhere := made
	elsewhere.Server = "https://other"
	for _, c := range []struct {
		name string
		made origin
	}{{"home", made}, {"taken", made}, {"me", made}, {"ours", other}, {"ours", elsewhere}} {
		err := mergeKubeconfig(file, c.name, issuedConfig("two"), c.made, true)
		if err == nil || !strings.Contains(Explain(err), "--context-name") {
			t.Errorf("%s for %+v: %v", c.name, c.made, err)
		}
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(content) {
		t.Errorf("the file became\n%s", after)
	}
	if err := os.WriteFile(file+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := mergeKubeconfig(file, "ours", issuedConfig("two"), made, true); err == nil || !strings.Contains(err.Error(), "someone else") {
		t.Errorf("while someone else has the lock: %v", err)
	}
}

// TestMergeIsAtomic reads the file again and again while it is written.
func TestMergeIsAtomic(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "config")
	name := func(i int) string { return fmt.Sprintf("context-%d", i) }
	merge := func(i int) {
		made := origin{Server: "https://kubenova", Tenant: name(i), Role: "readOnly"}
		if err := mergeKubeconfig(file, name(i), issuedConfig("token"), made, false); err != nil {
			t.Error(err)
		}
	}
	merge(0)
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() {
		for have := 1; ; {
			config, err := clientcmd.LoadFromFile(file)
			if err != nil || len(config.Contexts) < have {
				t.Errorf("read %d contexts after %d: %v", len(config.Contexts), have, err)
				return
			}
			have = len(config.Contexts)
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := 1; i < 50; i++ {
		merge(i)
	}
	close(done)
	reading.Wait()
	if got := len(mustLoad(t, file).Contexts); got != 50 {
		t.Errorf("there are %d contexts", got)
	}
}
