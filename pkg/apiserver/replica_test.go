package apiserver_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/storage/storagebackend"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/inprocess"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// overEtcd returns the configuration of a server over an etcd, which lets
// everybody do everything.
func overEtcd(t *testing.T, endpoint, prefix, encryptionFile string) *apiserver.Config {
	t.Helper()
	config, err := apiserver.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	etcd := genericoptions.NewEtcdOptions(storagebackend.NewDefaultConfig(prefix, nil))
	etcd.StorageConfig.Transport.ServerList = []string{endpoint}
	etcd.EncryptionProviderConfigFilepath = encryptionFile
	etcd.EncryptionProviderConfigAutomaticReload = encryptionFile != ""
	apiserver.SetStorageCodec(etcd, config)
	if err := etcd.ApplyTo(&config.Generic.Config); err != nil {
		t.Fatal(err)
	}
	listener, err := apiserver.ListenLoopback(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serving := genericoptions.NewSecureServingOptions()
	serving.Listener = listener
	serving.ServerCert.CertDirectory = t.TempDir()
	if err := serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := serving.WithLoopback().ApplyToConfig(&config.Generic.Config); err != nil {
		t.Fatal(err)
	}
	tokens, err := config.AddTokens(0)
	if err != nil {
		t.Fatal(err)
	}
	config.Generic.Authentication.Authenticator = union.New(inprocess.Authenticator(), bearertoken.New(tokens))
	config.Generic.Authorization.Authorizer = authorizerfactory.NewAlwaysAllowAuthorizer()
	config.Generic.AdmissionControl = parents.New(config.Parents)
	return config
}

// run runs a server until the test ends.
func run(t *testing.T, config *apiserver.Config) *apiserver.Server {
	t.Helper()
	server, err := config.New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Generic.PrepareRun().RunWithContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	waitReady(t, config)
	return server
}

// waitReady waits until a server has read what it watches.
func waitReady(t *testing.T, config *apiserver.Config) {
	t.Helper()
	client, err := config.InProcess.ClientFor(&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}})
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(t.Context())
		if err == nil {
			return
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("the server is not ready: %v", err)
		}
	}
}

// post sends a POST with an Idempotency-Key to a REST door.
func post(t *testing.T, url, path, body, key string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // it has been read
	return response.StatusCode, string(answer)
}

const tokenRequest = `{"subject":"alice","roles":["readOnly"]}`

// TestIdempotencyKeysOverReplicasAndRestarts sends equal requests to two servers
// over one etcd, and again after a restart.
func TestIdempotencyKeysOverReplicasAndRestarts(t *testing.T) {
	dataDir := t.TempDir()
	atData := func(o *standalone.Options) { o.DataDir = dataDir }
	var first string
	t.Run("replicas", func(t *testing.T) {
		server := testserver.Start(t, atData)
		config := overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, filepath.Join(dataDir, "encryption.yaml"))
		listener := httptest.NewServer(run(t, config).RESTWith(apiserver.Everyone()))
		defer listener.Close()
		first = onReplicas(t, [2]string{server.URL, listener.URL})
		wantNoTraces(t, server.Etcd)
	})
	t.Run("restart", func(t *testing.T) {
		url := testserver.Start(t, atData).URL
		if status, body := post(t, url, "/clusters/dev/tenants", `{"name":"acme"}`, "tenant"); status != http.StatusOK || body != first {
			t.Errorf("after a restart: %d %s, before %s", status, body, first)
		}
		if status, body := post(t, url, "/clusters/dev/tenants", `{"name":"other"}`, "tenant"); status != http.StatusUnprocessableEntity {
			t.Errorf("another body after a restart: %d %s", status, body)
		}
		if status, _ := post(t, url, "/tokens", tokenRequest, "token"); status != http.StatusOK {
			t.Errorf("a token after a restart: %d", status)
		}
	})
}

// onReplicas sends everything to both servers, and returns the tenant that was made.
func onReplicas(t *testing.T, urls [2]string) (tenant string) {
	t.Helper()
	kubeconfig := base64.StdEncoding.EncodeToString([]byte(`{"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
		"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"users":[{"name":"u","user":{"token":"canary"}}]}`))
	for _, request := range [][3]string{
		{"/clusters", `{"name":"dev","kubeconfig":"` + kubeconfig + `"}`, "cluster"},
		{"/clusters/dev/tenants", `{"name":"acme"}`, "tenant"},
		{"/clusters/dev/tenants/acme/projects", `{"name":"web"}`, "project"},
		{"/clusters/dev/tenants/acme/projects/web/apps", `{"name":"hello","components":[{"name":"web","type":"webservice"}]}`, "app"},
	} {
		status, body := atOnce(t, urls, request[0], request[1], request[2])
		again, same := post(t, urls[1], request[0], request[1], request[2])
		if status != http.StatusOK || again != status || same != body {
			t.Fatalf("POST %s: %d %s, then %d %s", request[0], status, body, again, same)
		}
		if request[2] == "tenant" {
			tenant = body
		}
	}
	tokens := map[string]bool{}
	for _, url := range urls {
		var token struct{ Token string }
		status, body := post(t, url, "/tokens", tokenRequest, "token")
		if err := json.Unmarshal([]byte(body), &token); err != nil || status != http.StatusOK || token.Token == "" || tokens[token.Token] {
			t.Errorf("POST /tokens: %d %v, and the token is new: %v", status, err, !tokens[token.Token])
		}
		tokens[token.Token] = true
	}
	return tenant
}

// atOnce sends a request 8 times at once, and returns the answer to those that
// were not told to wait. It is the same for all.
func atOnce(t *testing.T, urls [2]string, path, body, key string) (int, string) {
	t.Helper()
	var wg sync.WaitGroup
	var answer atomic.Pointer[string]
	for i := range 8 {
		wg.Go(func() {
			status, got := post(t, urls[i%2], path, body, key)
			if status == http.StatusConflict && strings.Contains(got, "being worked on") {
				return
			}
			got = fmt.Sprint(status, " ", got)
			if before := answer.Swap(&got); before != nil && *before != got {
				t.Errorf("POST %s: %s and %s", path, *before, got)
			}
		})
	}
	wg.Wait()
	if answer.Load() == nil {
		t.Fatalf("POST %s: nobody was answered", path)
	}
	var status int
	if _, err := fmt.Sscan(*answer.Load(), &status); err != nil {
		t.Fatal(err)
	}
	return status, strings.TrimPrefix(*answer.Load(), fmt.Sprint(status, " "))
}

// wantNoTraces looks for what was sent and answered among the records in etcd.
func wantNoTraces(t *testing.T, endpoint string) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	all, err := client.Get(t.Context(), "", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for _, kv := range all.Kvs {
		if !strings.Contains(string(kv.Key), "idempotencykeys") {
			continue
		}
		records++
		for _, trace := range []string{"fingerprint", "canary", "eyJ", "alice", "admin", "acme"} {
			if strings.Contains(string(kv.Key)+string(kv.Value), trace) {
				t.Errorf("%s shows %q", kv.Key, trace)
			}
		}
		if kv.Lease == 0 {
			t.Errorf("%s never expires", kv.Key)
		}
	}
	if records < 5 {
		t.Errorf("there are %d records", records)
	}
}
