package apiserver_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// keysWith are the keys in etcd with a part.
func keysWith(t *testing.T, server *testserver.Server, part string) (client *clientv3.Client, keys []string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
	must(t, 0, err)
	t.Cleanup(func() { _ = client.Close() })
	found, err := client.Get(t.Context(), "/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	must(t, 0, err)
	for _, kv := range found.Kvs {
		if bytes.Contains(kv.Key, []byte(part)) {
			keys = append(keys, string(kv.Key))
		}
	}
	return client, keys
}

// TestOrphanedCredentialsAreSwept has a server start on what a crash between the
// deletions of a cluster and of its credentials has left.
func TestOrphanedCredentialsAreSwept(t *testing.T) {
	dataDir := t.TempDir()
	ended := t.Run("crash", func(t *testing.T) {
		server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
		o := objects{t, server.Client.KubenovaV1alpha1()}
		for _, name := range []string{"gone", "again", "kept"} {
			o.cluster(name)
			must2(o.Clusters().CreateKubeconfig(t.Context(), name, kubeconfigOf("https://127.0.0.1:1", "t"), metav1.CreateOptions{}))(t)
		}
		for _, name := range []string{"gone", "again"} {
			etcd, keys := keysWith(t, server, "/clusters/"+name)
			if len(keys) != 1 {
				t.Fatalf("the cluster %s has the keys %v", name, keys)
			}
			must2(etcd.Delete(t.Context(), keys[0]))(t)
		}
		o.cluster("again") // without credentials so far
	})
	if !ended {
		t.FailNow()
	}
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	o := objects{t, server.Client.KubenovaV1alpha1()}
	var left []string
	must(t, 0, wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		_, left = keysWith(t, server, "/clustercredentials/")
		return len(left) == 1, nil
	}))
	if !bytes.HasSuffix([]byte(left[0]), []byte("/kept")) {
		t.Errorf("left are %v", left)
	}
	if stored := must2(o.Clusters().GetKubeconfig(t.Context(), "kept", metav1.GetOptions{}))(t); len(stored.Spec.Kubeconfig) == 0 {
		t.Error("the credentials of a cluster that is there are empty")
	}
}
