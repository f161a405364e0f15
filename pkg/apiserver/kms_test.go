package apiserver_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	kms "k8s.io/kms/pkg/service"

	"github.com/kubenova/kubenova/pkg/apiserver"
	atrest "github.com/kubenova/kubenova/pkg/encryption"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// keyService is a KMS plugin with keys in memory. The last one encrypts.
type keyService struct {
	mu   sync.Mutex
	keys []cipher.AEAD
}

var _ kms.Service = &keyService{}

// newKeyService serves a plugin on a socket until the test ends.
func newKeyService(t *testing.T, socket string) *keyService {
	t.Helper()
	plugin := &keyService{}
	plugin.rotate(t)
	server := kms.NewGRPCService(socket, 10*time.Second, plugin)
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	t.Cleanup(func() {
		server.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			return plugin
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the plugin does not listen")
		}
	}
}

// rotate has the plugin encrypt with a new key.
func (k *keyService) rotate(t *testing.T) {
	t.Helper()
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, sealed)
}

func (k *keyService) last() (string, cipher.AEAD) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Sprintf("key-%d", len(k.keys)-1), k.keys[len(k.keys)-1]
}

// Status implements kms.Service.
func (k *keyService) Status(context.Context) (*kms.StatusResponse, error) {
	id, _ := k.last()
	return &kms.StatusResponse{Version: "v2", Healthz: "ok", KeyID: id}, nil
}

// Encrypt implements kms.Service.
func (k *keyService) Encrypt(_ context.Context, _ string, data []byte) (*kms.EncryptResponse, error) {
	id, key := k.last()
	nonce := make([]byte, key.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return &kms.EncryptResponse{Ciphertext: key.Seal(nonce, nonce, data, nil), KeyID: id}, nil
}

// Decrypt implements kms.Service.
func (k *keyService) Decrypt(_ context.Context, _ string, req *kms.DecryptRequest) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var id int
	if _, err := fmt.Sscanf(req.KeyID, "key-%d", &id); err != nil || id >= len(k.keys) {
		return nil, fmt.Errorf("there is no key %q", req.KeyID)
	}
	size := k.keys[id].NonceSize()
	return k.keys[id].Open(nil, req.Ciphertext[:size], req.Ciphertext[size:], nil)
}

// TestKMS moves a server that runs to a KMS, and its data as well, and then to
// another key of the KMS.
func TestKMS(t *testing.T) {
	dataDir := t.TempDir()
	atData := func(o *standalone.Options) { o.DataDir = dataDir }
	file, socket := filepath.Join(dataDir, "encryption.yaml"), filepath.Join(dataDir, "kms.sock")
	plugin := newKeyService(t, socket)
	written := map[string]int{"before": 1, "after": 1}
	t.Run("move", func(t *testing.T) {
		server := testserver.Start(t, atData)
		write(t, server.Client, "before", 1)
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		provider := "- providers:\n  - kms: {apiVersion: v2, name: plugin, endpoint: unix://" + socket + "}\n"
		with := []byte(strings.Replace(string(old), "- providers:\n", provider, 1))
		useConfig(t, server, file, with)
		write(t, server.Client, "after", 1)
		store := storeOf(t, server.Etcd)
		for _, key := range []string{"key-0", "key-1"} {
			done, err := store.RewriteBy(t.Context(), file)
			if err != nil || done.Rewritten == 0 {
				t.Fatalf("rewriting with %s: %+v, %v", key, done, err)
			}
			wantKMS(t, store, key)
			plugin.rotate(t)
		}
		wantAll(t, server.Client, written)
		only := []byte(strings.Split(string(old), "- providers:\n")[0] + provider + "  resources:\n  - '*.kubenova.io'\n")
		useConfig(t, server, file, only)
	})
	t.Run("restart", func(t *testing.T) { wantAll(t, testserver.Start(t, atData).Client, written) })
}

// useConfig has a server use a configuration.
func useConfig(t *testing.T, server *testserver.Server, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := atrest.KnownTo([]*rest.Config{server.Admin})
	if err != nil {
		t.Fatal(err)
	}
	if err := known(t.Context(), content); err != nil {
		t.Fatal(err)
	}
}

func storeOf(t *testing.T, endpoint string) atrest.Store {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // nothing is to be saved
	return atrest.Store{Client: client, Prefix: apiserver.DefaultEtcdPrefix}
}

// wantKMS fails unless every value is encrypted with a key of the KMS.
func wantKMS(t *testing.T, store atrest.Store, key string) {
	t.Helper()
	all, err := store.Client.Get(t.Context(), store.Prefix+"/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Kvs {
		if stored := string(kv.Value); !strings.HasPrefix(stored, "k8s:enc:kms:v2:plugin:") || !strings.Contains(stored, key) {
			t.Errorf("%s is stored as %.60q, not with %s", kv.Key, stored, key)
		}
	}
}

// TestSecretsAreNeverWrittenPlain takes the encryption away from a server that runs.
func TestSecretsAreNeverWrittenPlain(t *testing.T) {
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	file := filepath.Join(dataDir, "encryption.yaml")
	write(t, server.Client, "dev", 1)
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	useConfig(t, server, file, []byte(strings.Replace(string(old), "- providers:\n", "- providers:\n  - identity: {}\n", 1)))
	const canary = "canary-that-must-not-be-stored"
	register := func() error {
		_, err := server.Client.KubenovaV1alpha1().Clusters().CreateKubeconfig(t.Context(), "dev",
			kubeconfigOf("https://203.0.113.1:6443", canary), metav1.CreateOptions{})
		return err
	}
	if err := register(); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("credentials were taken without encryption: %v", err)
	}
	all, err := storeOf(t, server.Etcd).Client.Get(t.Context(), apiserver.DefaultEtcdPrefix+"/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Kvs {
		if strings.Contains(string(kv.Value), canary) {
			t.Errorf("%s holds the credentials in plain text", kv.Key)
		}
	}
	useConfig(t, server, file, old)
	if err := register(); err != nil {
		t.Errorf("credentials are not taken although they are encrypted again: %v", err)
	}
}
