package clusters

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
)

func TestHealth(t *testing.T) {
	s := newAPIServer(t)
	s.set("/apis", `{"groups":[{"name":"capsule.clastix.io","versions":[{"groupVersion":"capsule.clastix.io/v1beta2"}]}]}`)
	s.set("/apis/apps/v1/deployments", `{"items":[{"metadata":{"name":"d","namespace":"n"},
		"spec":{"template":{"spec":{"containers":[{"image":"example.com:5000/capsule:v0.14.0@sha256:00"}]}}},"status":{"availableReplicas":1}}]}`)
	health := put(t, newTestSet(t), "a", s).Health()

	if !health.Connected.ok() || !health.CredentialsValid.ok() || health.KubernetesVersion != "v1.37.2" {
		t.Errorf("got %+v", health)
	}
	if !health.Tenancy.ok() || health.Tenancy.Version != "v0.14.0" {
		t.Errorf("tenancy: %+v", health.Tenancy)
	}
	if health.AppDelivery.ok() || health.AppDelivery.Reason != "NotInstalled" {
		t.Errorf("app delivery: %+v", health.AppDelivery)
	}
}

// TestStartingClusterIsLookedAtAgain has an API server answer before it serves
// Capsule's API, as it does when it starts. The interval of the set's probes is longer
// than the test waits.
func TestStartingClusterIsLookedAtAgain(t *testing.T) {
	s := newAPIServer(t)
	target := put(t, newTestSet(t), "a", s)
	if reason := target.Health().Tenancy.Reason; reason != "NotInstalled" {
		t.Fatalf("tenancy: %s", reason)
	}
	s.set("/apis", `{"groups":[{"name":"capsule.clastix.io","versions":[{"groupVersion":"capsule.clastix.io/v1beta2"}]}]}`)
	eventually(t, "Capsule to be found", func() bool { return target.Health().Tenancy.ok() })
}

func TestHealthOfTheUnhealthy(t *testing.T) {
	t.Run("unauthorized", func(t *testing.T) {
		s := newAPIServer(t)
		s.unauthorized.Store(true)
		health := put(t, newTestSet(t), "a", s).Health()
		if !health.Connected.ok() || health.CredentialsValid.Reason != "Unauthorized" {
			t.Errorf("got %+v", health)
		}
	})
	t.Run("gone", func(t *testing.T) {
		s := newAPIServer(t)
		s.Server.Close()
		health := put(t, newTestSet(t), "a", s).Health()
		if health.Connected.Reason != "ConnectionRefused" || health.CredentialsValid.ok() {
			t.Errorf("got %+v", health)
		}
	})
	t.Run("loopback is not allowed", func(t *testing.T) {
		s := newAPIServer(t)
		set := NewSet(Options{})
		t.Cleanup(set.Close)
		health := put(t, set, "a", s).Health()
		if health.Connected.Reason != "AddressNotAllowed" || strings.Contains(health.Connected.Message, "127.") {
			t.Errorf("got %+v", health)
		}
		if len(s.seen("GET", "/version")) > 0 {
			t.Error("a request got through")
		}
	})
	t.Run("another CA", func(t *testing.T) {
		s := newAPIServer(t)
		set := newTestSet(t)
		config := strings.Replace(string(s.kubeconfig()), "certificate-authority-data", "extensions", 1)
		if err := set.Put("a", Key{UID: "a", Revision: 1}, []byte(config)); err != nil {
			t.Fatal(err)
		}
		target, _ := set.Get("a")
		eventually(t, "the probe", func() bool { return target.Health().Connected.Reason == "CertificateInvalid" })
	})
}

// TestRedirectsAreNotFollowed has a server that sends its callers elsewhere.
func TestRedirectsAreNotFollowed(t *testing.T) {
	reached := make(chan string, 10)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- r.Header.Get("Authorization")
	}))
	t.Cleanup(elsewhere.Close)
	s := newAPIServer(t)
	target := put(t, newTestSet(t), "a", s)

	s.redirect.Store(&elsewhere.URL)
	_, err := target.GetLive(t.Context(), Namespace, "", "x")
	if unavailable, ok := AsUnavailable(err); !ok || unavailable.Reason != "Redirected" {
		t.Errorf("got %v", err)
	}
	eventually(t, "the probe to see it", func() bool { return target.Health().Connected.Reason == "Redirected" })
	if len(reached) > 0 {
		t.Errorf("followed, with authorization %q", <-reached)
	}
}

// project is the namespace of a project of the tenant acme.
func project(name string) *unstructured.Unstructured {
	return capsule.NamespaceFor("acme", &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: name}})
}

// TestImpersonation checks who a call acts as, and that no one acts as nobody.
func TestImpersonation(t *testing.T) {
	s := newAPIServer(t)
	target := put(t, newTestSet(t), "a", s)
	s.set("/api/v1/namespaces/acme--web", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"acme--web"}}`)
	as := Identity{User: "kubenova:deployer:acme:web", Groups: []string{"g"}}
	if _, err := target.Ensure(t.Context(), project("web"), as); err != nil {
		t.Fatal(err)
	}
	patches := s.seen("PATCH", "/api/v1/namespaces/acme--web")
	if len(patches) != 1 {
		t.Fatalf("want one PATCH, got %d", len(patches))
	}
	header := patches[0].Header
	if header.Get("Impersonate-User") != as.User || header.Get("Impersonate-Group") != "g" || header.Get("Authorization") != "Bearer canary-token" {
		t.Errorf("got %v", header)
	}
	if q := patches[0].URL.Query(); q.Get("fieldManager") != "kubenova" || q.Get("force") != "true" {
		t.Errorf("got %v", q)
	}
	for _, bad := range []Identity{{Groups: []string{"g"}}, {User: "system:admin"}} {
		if _, err := target.Ensure(t.Context(), project("web"), bad); err == nil {
			t.Errorf("acted as %+v", bad)
		}
	}
}

// TestEnsureIsQuiet checks that an object that holds what is desired is not written.
func TestEnsureIsQuiet(t *testing.T) {
	s := newAPIServer(t)
	target := put(t, newTestSet(t), "a", s)
	desired := project("web")
	stamped, err := stamp(desired)
	if err != nil {
		t.Fatal(err)
	}
	data, err := stamped.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	s.set("/api/v1/namespaces/acme--web", string(data))
	for range 3 {
		if _, err := target.Ensure(t.Context(), desired, Identity{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.seen("PATCH", "/api/v1/namespaces/acme--web")); n > 0 {
		t.Errorf("%d writes", n)
	}
}

// TestHangingClusterIsIsolated has one cluster hang, and checks that it holds
// few callers, that the others fail at once, and that it recovers.
func TestHangingClusterIsIsolated(t *testing.T) {
	set := newTestSet(t)
	hanging, healthy := newAPIServer(t), newAPIServer(t)
	bad, good := put(t, set, "bad", hanging), put(t, set, "good", healthy)
	hanging.hang.Store(true)

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2*maxInFlight)
	for range 2 * maxInFlight {
		go func() {
			_, err := bad.GetLive(ctx, Namespace, "", "x")
			done <- err
		}()
	}
	for range maxInFlight {
		select {
		case err := <-done:
			if unavailable, ok := AsUnavailable(err); !ok || unavailable.Reason != "Busy" || !unavailable.Soon {
				t.Errorf("want busy, got %v", err)
			}
		case <-time.After(callTimeout / 2):
			t.Fatal("a call waits for a place")
		}
	}
	start := time.Now()
	if _, err := good.GetLive(t.Context(), Namespace, "", "x"); !apierrors.IsNotFound(err) {
		t.Errorf("the healthy cluster: %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("the healthy cluster took %s", took)
	}
	cancel()
	for range maxInFlight {
		if err := <-done; err == nil {
			t.Error("a hanging cluster answered")
		}
	}
	bad.probeSoon()
	eventually(t, "the probe to time out", func() bool { return bad.Health().Connected.Reason == "Timeout" })
	start = time.Now()
	if _, err := bad.GetLive(t.Context(), Namespace, "", "x"); err == nil || time.Since(start) > 100*time.Millisecond {
		t.Errorf("want a failure at once, got %v after %s", err, time.Since(start))
	}
	hanging.hang.Store(false)
	bad.probeSoon()
	eventually(t, "recovery", func() bool { return bad.Available() == nil })
}

// TestWatchServesReads checks that a watched kind is read without requests, and
// that what the watch does not know is asked for.
func TestWatchServesReads(t *testing.T) {
	s := newAPIServer(t)
	s.set("/api/v1/namespaces", `{"apiVersion":"v1","kind":"NamespaceList","metadata":{"resourceVersion":"1"},"items":[
		{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"acme--web","labels":{"kubenova.tenant":"acme"}}}]}`)
	set := newTestSet(t)
	events := make(chan Event, 10)
	set.Subscribe(Namespace, func(e Event) { events <- e })
	target := put(t, set, "a", s)

	select {
	case e := <-events:
		if e != (Event{Cluster: "a", Kind: Namespace, Name: "acme--web", Tenant: "acme"}) {
			t.Errorf("got %+v", e)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no event")
	}
	eventually(t, "the watch", func() bool {
		_, ok := target.watches.get(Namespace, "", "acme--web")
		return ok
	})
	if _, err := target.Get(t.Context(), Namespace, "", "acme--web"); err != nil {
		t.Error(err)
	}
	if n := len(s.seen("GET", "/api/v1/namespaces/acme--web")); n > 0 {
		t.Errorf("%d requests for what is watched", n)
	}
	if _, err := target.Get(t.Context(), Namespace, "", "other"); !apierrors.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
	if n := len(s.seen("GET", "/api/v1/namespaces/other")); n != 1 {
		t.Errorf("%d requests for what is not", n)
	}
}

func TestPutReplaces(t *testing.T) {
	s := newAPIServer(t)
	set := newTestSet(t)
	first := put(t, set, "a", s)
	if err := set.Put("a", Key{UID: "a", Revision: 1}, s.kubeconfig()); err != nil {
		t.Fatal(err)
	}
	if same, _ := set.Get("a"); same != first {
		t.Error("the same credentials made another target")
	}
	if err := set.Put("a", Key{UID: "a", Revision: 2}, s.kubeconfig()); err != nil {
		t.Fatal(err)
	}
	if other, _ := set.Get("a"); other == first || first.ctx.Err() == nil {
		t.Error("the former target was not replaced and stopped")
	}
	if err := set.Put("b", Key{}, []byte(`{"users":[{"name":"u","user":{"exec":{"command":"sh"}}}]}`)); err == nil {
		t.Error("an unsanitized kubeconfig was accepted")
	}
	set.Remove("a")
	if _, err := set.Client("a"); err == nil {
		t.Error("a removed cluster has a client")
	}
}

// TestNoLeaks registers and removes many clusters.
func TestNoLeaks(t *testing.T) {
	s := newAPIServer(t)
	set := newTestSet(t)
	put(t, set, "warm", s)
	set.Remove("warm")
	eventually(t, "the first target to stop", func() bool { return runtime.NumGoroutine() < 40 })
	before := runtime.NumGoroutine()
	for i := range 1000 {
		name := fmt.Sprintf("c%d", i)
		if err := set.Put(name, Key{UID: name, Revision: 1}, s.kubeconfig()); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			target, _ := set.Get(name)
			eventually(t, "a probe", func() bool { return target.Available() == nil })
		}
		set.Remove(name)
	}
	eventually(t, fmt.Sprintf("goroutines to return to %d", before), func() bool { return runtime.NumGoroutine() <= before+5 })
}
