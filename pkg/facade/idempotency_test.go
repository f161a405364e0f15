package facade_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3" //nolint:depguard // the test looks for secrets where they would lie
	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/idempotency"
	"github.com/kubenova/kubenova/pkg/testserver"
)

const keyHeader = "Idempotency-Key"

// TestIdempotencyKey sends POSTs again, to the door that they were sent to first
// and to another one over the same etcd.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d, replica := before(t, server, nil), before(t, server, nil)
	made := d.grow(t, "t")
	tenants := made.cluster + "/tenants"

	first := d.call(t, "POST", tenants, `{"name":"once"}`, keyHeader, "k1").want(200)
	for _, other := range []door{d, replica} {
		again := other.call(t, "POST", tenants, `{"name":"once"}`, keyHeader, "k1").want(200)
		if again.body != first.body || again.etag() != first.etag() {
			t.Errorf("again it is %s, first it was %s", again.body, first.body)
		}
		other.call(t, "POST", tenants, `{"name":"twice"}`, keyHeader, "k1").wantField(keyHeader)
		other.call(t, "POST", tenants, `{"name":"once"}`, keyHeader, "k2").want(409)
		other.call(t, "POST", tenants, `{"name":"once"}`).want(409)
	}
	tenant := tenants + "/" + first.object().UID
	d.call(t, "PUT", tenant+"/owners", `{"owners":["alice"]}`, keyHeader, "k1").want(200)
	if now := replica.call(t, "POST", tenants, `{"name":"once"}`, keyHeader, "k1").object(); !slices.Equal(now.Owners, []string{"alice"}) {
		t.Errorf("again it is %+v, want it as it is now", now)
	}
	// Another caller, path or method has other keys.
	bob := replica.as(withRole("bob", authz.RoleAdmin))
	bob.call(t, "POST", tenants, `{"name":"bobs"}`, keyHeader, "k1").want(200)
	d.call(t, "POST", tenant+"/projects", `{"name":"web"}`, keyHeader, "k1").want(200)
	d.call(t, "GET", tenant, "", keyHeader, "k1").want(200)
	// Who is gone is gone, also with a successor of the same name.
	sets := made.tenant + "/policysets"
	d.call(t, "POST", sets, `{"name":"set"}`, keyHeader, "k1").want(200)
	d.call(t, "DELETE", sets+"/set", "").want(204)
	d.call(t, "POST", sets, `{"name":"set"}`, keyHeader, "k1").want(404)
	d.call(t, "POST", sets, `{"name":"set"}`).want(200)
	d.call(t, "POST", sets, `{"name":"set"}`, keyHeader, "k1").want(404)
}

// TestIdempotencyKeyOfEachPost sends each kind of POST twice.
func TestIdempotencyKeyOfEachPost(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	creates := map[string]string{
		"/clusters":                 `{"name":"x","kubeconfig":"` + kubeconfig() + `"}`,
		made.cluster + "/tenants":   `{"name":"x"}`,
		made.tenant + "/projects":   `{"name":"x"}`,
		made.tenant + "/policysets": `{"name":"x"}`,
		made.project + "/apps":      `{"name":"x"}`,
	}
	for path, body := range creates {
		first := d.call(t, "POST", path, body, keyHeader, "k").want(200)
		if again := d.call(t, "POST", path, body, keyHeader, "k").want(200); again.body != first.body {
			t.Errorf("POST %s: again %s, first %s", path, again.body, first.body)
		}
	}
	for range 2 {
		d.call(t, "POST", made.cluster+"/bootstrap/proxy", "", keyHeader, "k").wantEmpty(202)
		d.call(t, "POST", made.app+":deploy", "", keyHeader, "k").wantEmpty(202)
	}
	if got := d.revisions(t, made); got != 1 {
		t.Errorf("two deploys with one key made %d revisions", got)
	}
	d.call(t, "POST", made.app+":deploy", "", keyHeader, "other").wantEmpty(202)
	if got := d.revisions(t, made); got != 2 {
		t.Errorf("a deploy with another key made %d revisions in all", got)
	}
	for range 2 {
		d.call(t, "POST", made.app+":delete", "", keyHeader, "k").wantEmpty(202)
	}
}

func (d door) revisions(t *testing.T, made tree) int {
	t.Helper()
	var list []object
	d.call(t, "GET", made.app+"/revisions", "").want(200).into(&list)
	return len(list)
}

// TestFailedRequestsGiveTheirKeyBack fails requests in every way but a crash.
func TestFailedRequestsGiveTheirKeyBack(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	var fail atomic.Pointer[func() error]
	d := before(t, server, func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if failure := fail.Load(); failure != nil && r.Method == http.MethodPost {
				return nil, (*failure)()
			}
			return next.RoundTrip(r)
		})
	})
	made := d.grow(t, "t")
	tenants := made.cluster + "/tenants"
	const body = `{"name":"x"}`
	d.call(t, "POST", tenants, `{"name":"t-tenant"}`, keyHeader, "k").want(409)
	d.call(t, "POST", tenants, `{"name":"a_b"}`, keyHeader, "k").want(422)
	d.call(t, "POST", tenants, `{`, keyHeader, "k").want(400)
	d.call(t, "POST", tenants, body, keyHeader, "k", "Content-Type", "text/plain").want(415)
	d.call(t, "POST", tenants, body+strings.Repeat(" ", 1<<20), keyHeader, "k").want(413)
	d.call(t, "POST", "/clusters/none/tenants", body, keyHeader, "k").want(404)
	d.as(withRole("root", authz.RoleOps)).call(t, "POST", tenants, body, keyHeader, "k").want(403)
	failure := func() error { return errors.New("10.0.0.7:2379 is away") }
	fail.Store(&failure)
	d.call(t, "POST", tenants, body, keyHeader, "k").want(500)
	failure = func() error { panic("a bug") }
	func() {
		defer func() { _ = recover() }() // the chain around the door answers it
		d.call(t, "POST", tenants, body, keyHeader, "k")
		t.Error("the handler did not panic")
	}()
	fail.Store(nil)
	d.call(t, "POST", tenants+"?dryRun=All", body, keyHeader, "k").want(200)
	d.call(t, "POST", tenants, body, keyHeader, "k").want(200)
}

// TestIdempotencyKeysAreChecked sends keys that are refused.
func TestIdempotencyKeysAreChecked(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	cluster := d.register(t, "dev")
	for _, key := range []string{"", " ", "a b", "a\tb", "ä", "a\x00", "a\x7f", strings.Repeat("x", 256)} {
		d.call(t, "POST", cluster+"/tenants", `{"name":"x"}`, keyHeader, key).wantField(keyHeader)
		d.call(t, "POST", cluster+"/tenants?dryRun=All", `{"name":"x"}`, keyHeader, key).wantField(keyHeader)
	}
	d.call(t, "GET", cluster+"/tenants/x", "").want(404)
	for i, key := range []string{"!", "~", `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, strings.Repeat("x", 255)} {
		d.call(t, "POST", cluster+"/tenants", fmt.Sprintf(`{"name":"t%d"}`, i), keyHeader, key).want(200)
	}
}

// TestReplaysAreAuthorized takes rights from a caller between two requests.
func TestReplaysAreAuthorized(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.grow(t, "t")
	tokens := `{"subject":"alice","roles":["readOnly"]}`
	posts := map[string]string{made.cluster + "/tenants": `{"name":"x"}`, made.app + ":deploy": "", "/tokens": tokens}
	admin := d.as(withRole("alice", authz.RoleAdmin))
	reader := d.as(withRole("alice", authz.RoleOps))
	for path, body := range posts {
		status := admin.call(t, "POST", path, body, keyHeader, "k").status
		admin.call(t, "POST", path, body, keyHeader, "k").want(status)
		reader.call(t, "POST", path, body, keyHeader, "k").want(403)
	}
	nobody := d.as(&user.DefaultInfo{Name: "alice", Groups: []string{user.AllAuthenticated}})
	for path, status := range map[string]int{made.cluster + "/tenants": 404, made.app + ":deploy": 404, "/tokens": 403} {
		nobody.call(t, "POST", path, posts[path], keyHeader, "k").want(status)
	}
}

// TestOneOfManyAtATime sends one request many times at once to two doors.
func TestOneOfManyAtATime(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	doors := []door{before(t, server, nil), before(t, server, nil)}
	made := doors[0].grow(t, "t")
	for round := range 5 {
		var wg sync.WaitGroup
		var done atomic.Int32
		for i := range 16 {
			wg.Go(func() {
				got := doors[i%2].call(t, "POST", made.app+":deploy", "", keyHeader, fmt.Sprint("round-", round))
				switch {
				case got.status == 202:
					done.Add(1)
				case got.status != 409 || got.header.Get("Retry-After") != "1":
					t.Errorf("got %d %s", got.status, got.body)
				}
			})
		}
		wg.Wait()
		if revisions := doors[0].revisions(t, made); revisions != round+1 || done.Load() == 0 {
			t.Fatalf("round %d: %d revisions, %d were accepted", round, revisions, done.Load())
		}
	}
}

// TestEtcdHoldsNoSecretsOfKeys looks at what lies in etcd after POSTs with secrets.
func TestEtcdHoldsNoSecretsOfKeys(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := before(t, server, nil)
	for range 2 {
		d.call(t, "POST", "/tokens", `{"subject":"sesame","roles":["readOnly"]}`, keyHeader, "key-of-a-token").want(200)
		d.call(t, "POST", "/clusters", `{"name":"dev","kubeconfig":"`+kubeconfig()+`"}`, keyHeader, "key-of-a-cluster").want(200)
	}
	d.call(t, "POST", "/tokens", `{"subject":"other","roles":["readOnly"]}`, keyHeader, "key-of-a-token").wantField(keyHeader)
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Etcd}})
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
		stored := string(kv.Key) + string(kv.Value)
		if strings.HasPrefix(stored, testserver.KeysPrefix) {
			records++
		}
		for _, secret := range []string{jwtStart, "sesame", "key-of-a-", canary, kubeconfig()[:40]} {
			if strings.Contains(stored, secret) {
				t.Errorf("%s holds %q", kv.Key, secret)
			}
		}
		if strings.HasPrefix(stored, testserver.KeysPrefix) && kv.Lease == 0 {
			t.Errorf("%s never expires", kv.Key)
		}
	}
	if records != 2 {
		t.Errorf("there are %d records, want 2", records)
	}
}

// away are keys whose store is away.
type away struct{ idempotency.Store }

func (*away) Claim(context.Context, idempotency.Request) (idempotency.Claim, error) {
	return idempotency.Claim{}, errors.New("10.0.0.7:2379 is away")
}

// TestKeysAreAway checks that nothing is done whose key cannot be claimed.
func TestKeysAreAway(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	d := beforeWith(server, nil, &away{})
	got := d.call(t, "POST", "/clusters", `{"name":"dev","kubeconfig":"`+kubeconfig()+`"}`, keyHeader, "k").want(503)
	if strings.Contains(got.body, "10.0.0.7") || got.header.Get("Retry-After") == "" {
		t.Errorf("got %s, Retry-After %q", got.body, got.header.Get("Retry-After"))
	}
	d.call(t, "GET", "/clusters/dev", "").want(404)
}

// jwtStart is what every token begins with.
const jwtStart = "eyJhbGciOiJFUzI1NiI"
