package apiserver_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// bearer returns the status of a GET with a token.
func bearer(t *testing.T, url, token string) int {
	t.Helper()
	status, _ := get(t, url, token)
	return status
}

func get(t *testing.T, url, token string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// wantSoon polls until a token is answered with a status everywhere, within the
// time that a revocation may take.
func wantSoon(t *testing.T, urls []string, token string, status int) {
	t.Helper()
	start := time.Now()
	for _, url := range urls {
		for got := 0; got != status; {
			if got = bearer(t, url+"/api/v1/version", token); got != status && time.Since(start) > 5*time.Second {
				t.Fatalf("after %s %s answers %d, want %d", time.Since(start), url, got, status)
			}
		}
	}
	t.Logf("%d everywhere after %s", status, time.Since(start))
}

// issue has an administrator issue a token.
func issue(t *testing.T, server *testserver.Server, subject string) v1alpha1.TokenStatus {
	t.Helper()
	var issued *v1alpha1.Token
	err := error(nil)
	for end := time.Now().Add(5 * time.Second); ; {
		issued, err = server.Client.KubenovaV1alpha1().Tokens().Create(t.Context(),
			&v1alpha1.Token{Spec: v1alpha1.TokenSpec{Subject: subject, Roles: []string{"ops"}}}, metav1.CreateOptions{})
		if !apierrors.IsServiceUnavailable(err) || time.Now().After(end) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	return issued.Status
}

func revoke(t *testing.T, server *testserver.Server, name string, spec v1alpha1.TokenRevocationSpec) {
	t.Helper()
	_, err := server.Client.KubenovaV1alpha1().TokenRevocations().Create(t.Context(),
		&v1alpha1.TokenRevocation{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTokensOverReplicasAndRestarts issues and revokes tokens on two servers over
// one etcd, and again after a restart.
func TestTokensOverReplicasAndRestarts(t *testing.T) {
	dataDir := t.TempDir()
	atData := func(o *standalone.Options) { o.DataDir = dataDir }
	var kept, revoked v1alpha1.TokenStatus
	t.Run("replicas", func(t *testing.T) {
		server := testserver.Start(t, atData, testserver.WithAuth)
		second := run(t, overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, filepath.Join(dataDir, "encryption.yaml")))
		listener := httptest.NewServer(second.REST)
		defer listener.Close()
		urls := []string{server.URL, listener.URL}
		wantSameKeys(t, urls, 1)

		kept, revoked = issue(t, server, "kept"), issue(t, server, "revoked")
		other := issue(t, server, "revoked")
		for _, token := range []string{kept.Token, revoked.Token, other.Token} {
			wantSoon(t, urls, token, http.StatusOK)
		}
		revoke(t, server, "one", v1alpha1.TokenRevocationSpec{TokenID: revoked.ID, Reason: "lost"})
		wantSoon(t, urls, revoked.Token, http.StatusUnauthorized)
		wantSoon(t, urls, other.Token, http.StatusOK)
		revoke(t, server, "subject", v1alpha1.TokenRevocationSpec{Subject: "revoked"})
		wantSoon(t, urls, other.Token, http.StatusUnauthorized)
		wantSoon(t, urls, kept.Token, http.StatusOK)
		wantKeysHidden(t, server)
	})
	t.Run("restart", func(t *testing.T) {
		server := testserver.Start(t, atData, testserver.WithAuth)
		urls := []string{server.URL}
		wantSoon(t, urls, kept.Token, http.StatusOK)
		if status := bearer(t, server.URL+"/api/v1/version", revoked.Token); status != http.StatusUnauthorized {
			t.Errorf("a revoked token after a restart: %d", status)
		}
		before := keysOf(t, server.URL)
		watched := watchWith(t, server, kept.Token)
		revoke(t, server, "all", v1alpha1.TokenRevocationSpec{All: true})
		wantSoon(t, urls, kept.Token, http.StatusUnauthorized)
		select {
		case <-watched:
		case <-time.After(6 * time.Second):
			t.Error("a native watch goes on with a revoked token")
		}
		wantSoon(t, urls, issue(t, server, "new").Token, http.StatusOK)
		if after := keysOf(t, server.URL); len(after) != 1 || after[0] == before[0] {
			t.Errorf("the keys were %v and are %v", before, after)
		}
	})
}

func keysOf(t *testing.T, url string) []string {
	t.Helper()
	status, body := get(t, url+"/api/v1/jwks", "")
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(body, &set); err != nil || status != http.StatusOK {
		t.Fatalf("the keys of %s: %d %s, %v", url, status, body, err)
	}
	ids := make([]string, 0, len(set.Keys))
	for _, key := range set.Keys {
		ids = append(ids, key.Kid)
	}
	return ids
}

func wantSameKeys(t *testing.T, urls []string, count int) {
	t.Helper()
	first, second := keysOf(t, urls[0]), keysOf(t, urls[1])
	if len(first) != count || len(second) != count || first[0] != second[0] {
		t.Errorf("one has the keys %v, the other %v", first, second)
	}
}

// wantKeysHidden looks for the private key in etcd and on every path that could
// have it, and how long a revocation is kept.
func wantKeysHidden(t *testing.T, server *testserver.Server) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	stored, err := client.Get(t.Context(), apiserver.DefaultEtcdPrefix+"/kubenova.io/tokensigningkeys", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.Kvs) != 1 {
		t.Fatalf("%d signing keys in etcd", len(stored.Kvs))
	}
	if bytes.Contains(stored.Kvs[0].Value, []byte("privateKey")) {
		t.Errorf("a key lies in etcd in plain text: %s", stored.Kvs[0].Value)
	}
	native := server.Client.KubenovaV1alpha1().RESTClient()
	for _, path := range []string{"/apis/kubenova.io/v1alpha1/tokensigningkeys", "/apis/kubenova.io/signingkeys/tokensigningkeys"} {
		if err := native.Get().AbsPath(path).Do(t.Context()).Error(); !apierrors.IsNotFound(err) {
			t.Errorf("GET %s: %v", path, err)
		}
	}
	revocations, err := client.Get(t.Context(), apiserver.DefaultEtcdPrefix+"/kubenova.io/tokenrevocations/one", clientv3.WithPrefix())
	if err != nil || len(revocations.Kvs) != 1 {
		t.Fatalf("the revocation in etcd: %v, %v", revocations, err)
	}
	lease, err := client.TimeToLive(t.Context(), clientv3.LeaseID(revocations.Kvs[0].Lease))
	if err != nil || lease.TTL < v1alpha1.MaxTokenTTLSeconds {
		t.Errorf("the revocation is kept for %v seconds, %v", lease, err)
	}
}

// TestNobodyRevokesForOthers has callers without the right revoke.
func TestNobodyRevokesForOthers(t *testing.T) {
	server := testserver.Start(t)
	for _, c := range []struct {
		caller *user.DefaultInfo
		ok     bool
	}{
		{&user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}}, true},
		{&user.DefaultInfo{Name: "olga", Groups: []string{"kubenova:role:ops"}, Extra: map[string][]string{"kubenova.io/roles": {"ops"}}}, false},
		{&user.DefaultInfo{Name: "tom", Groups: []string{"kubenova:role:tenantOwner"}, Extra: map[string][]string{"kubenova.io/roles": {"tenantOwner"}}}, false},
		{&user.DefaultInfo{Name: "none"}, false},
	} {
		client := server.ClientForUser(t, c.caller)
		_, err := client.KubenovaV1alpha1().TokenRevocations().Create(t.Context(), &v1alpha1.TokenRevocation{
			ObjectMeta: metav1.ObjectMeta{Name: "by-" + c.caller.Name}, Spec: v1alpha1.TokenRevocationSpec{Subject: "bob"}}, metav1.CreateOptions{})
		if c.ok != (err == nil) || err != nil && !apierrors.IsForbidden(err) {
			t.Errorf("%s: %v", c.caller.Name, err)
		}
	}
	_, err := server.Client.KubenovaV1alpha1().TokenRevocations().Create(t.Context(), &v1alpha1.TokenRevocation{
		ObjectMeta: metav1.ObjectMeta{Name: "two"}, Spec: v1alpha1.TokenRevocationSpec{Subject: "bob", All: true}}, metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		t.Errorf("two things said: %v", err)
	}
}

// watchWith opens a watch through the native door and returns what is closed when
// it ends.
func watchWith(t *testing.T, server *testserver.Server, token string) <-chan struct{} {
	t.Helper()
	config := rest.AnonymousClientConfig(server.Admin)
	config.BearerToken = token
	client, err := versioned.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	watcher, err := client.KubenovaV1alpha1().Clusters().Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range watcher.ResultChan() {
		}
	}()
	return ended
}
