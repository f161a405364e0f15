//go:build e2e

package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/standalone"
)

// TestEncryptionCommand changes the keys of a standalone KubeNova while it runs, as its
// administrator does, looks into etcd, and reads everything again after a restart.
func TestEncryptionCommand(t *testing.T) {
	p := open(t)
	dir := t.TempDir()
	file, etcd, admin := standalone.Places(dir)
	var stop func()
	p.base, stop = p.startStandaloneAt(t, dir)
	p.registerNowhere(t, "one", "two")
	first := wantOneKey(t, file, etcd)

	p.encryption(t, "dropped the old keys", "rotate", "--data-dir", dir, "--settle", "1s")
	second := wantOneKey(t, file, etcd)
	p.encryption(t, "rewrote 0 of ", "rewrite", "--data-dir", dir)
	p.registerNowhere(t, "three")

	p.encryption(t, "added a new key", "rotate", "--one-step", "--data-dir", dir, "--settle", "1s")
	p.encryption(t, "made the new key", "rotate", "--one-step", "--data-dir", dir, "--settle", "1s")
	if output := p.encryption(t, "rewrote ", "rewrite", "--data-dir", dir); strings.Contains(output, "rewrote 0 of ") {
		t.Errorf("nothing was rewritten with the new key: %s", output)
	}
	p.encryption(t, "dropped the old keys", "rotate", "--one-step", "--data-dir", dir, "--settle", "1s")
	third := wantOneKey(t, file, etcd)
	if first == second || second == third || first == third {
		t.Errorf("the keys were %s, %s and %s", first, second, third)
	}

	stop()
	p.base, _ = p.startStandaloneAt(t, dir)
	for _, name := range []string{"one", "two", "three"} {
		p.rest(t, "GET", "/clusters/"+name, "", 200, nil)
		output, err := p.run(t, "", p.kubectlPath(), "--kubeconfig", admin, "get", "--raw", "/apis/kubenova.io/v1alpha1/clusters/"+name+"/kubeconfig")
		if err != nil || !strings.Contains(output, "ClusterKubeconfig") {
			t.Errorf("the credentials of %s: %v %s", name, err, output)
		}
	}
	if again := wantOneKey(t, file, etcd); again != third {
		t.Errorf("after a restart the key is %s and not %s", again, third)
	}
}

// encryption runs the command, which has to say something.
func (p platform) encryption(t *testing.T, says string, args ...string) string {
	t.Helper()
	output, err := p.run(t, "", filepath.Join(p.root, "bin", "kubenova"), append([]string{"encryption"}, args...)...)
	if err != nil || !strings.Contains(output, says) {
		t.Fatalf("kubenova encryption %s: %v, without %q:\n%s", strings.Join(args, " "), err, says, output)
	}
	return output
}

// registerNowhere registers clusters that are not there.
func (p platform) registerNowhere(t *testing.T, names ...string) {
	t.Helper()
	const nowhere = `{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"users":[{"name":"u","user":{"token":"x"}}]}`
	for _, name := range names {
		p.rest(t, "POST", "/clusters", fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, name, base64.StdEncoding.EncodeToString([]byte(nowhere))), 200, nil)
	}
}

// wantOneKey wants one key in the file, and everything in etcd to be encrypted with
// it. It returns the key's name.
func wantOneKey(t *testing.T, file, endpoint string) string {
	t.Helper()
	config, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(config), "name: ")
	name, _, _ := strings.Cut(rest, "\n")
	if name == "" || strings.Count(string(config), "secret:") != 1 {
		t.Fatalf("the file has not one key: %q, %d", name, strings.Count(string(config), "secret:"))
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	all, err := client.Get(t.Context(), apiserver.DefaultEtcdPrefix+"/", clientv3.WithPrefix())
	if err != nil || len(all.Kvs) < 3 {
		t.Fatalf("etcd has %v, %v", all, err)
	}
	for _, kv := range all.Kvs {
		if !strings.HasPrefix(string(kv.Value), "k8s:enc:secretbox:v1:"+name+":") {
			t.Errorf("%s is stored as %.50q, with the key %s", kv.Key, kv.Value, name)
		}
	}
	return name
}
