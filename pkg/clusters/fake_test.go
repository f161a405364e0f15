package clusters

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// apiServer answers as much of the Kubernetes API as a target needs, from a map
// of paths, and misbehaves on demand.
type apiServer struct {
	*httptest.Server
	hang, unauthorized atomic.Bool
	redirect           atomic.Pointer[string]
	// closing ends requests that hang or watch: clients may outlive the server.
	closing chan struct{}

	mu       sync.Mutex
	answers  map[string]string
	requests []*http.Request
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{closing: make(chan struct{}), answers: map[string]string{
		"/version":                  `{"gitVersion":"v1.37.2"}`,
		"/apis":                     `{"groups":[]}`,
		"/apis/apps/v1/deployments": `{"items":[]}`,
	}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(s.closing) })
	return s
}

func (s *apiServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	answer, found := s.answers[r.URL.Path]
	s.mu.Unlock()
	switch to := s.redirect.Load(); {
	case s.hang.Load():
		s.wait(r)
	case to != nil:
		http.Redirect(w, r, *to, http.StatusFound)
	case s.unauthorized.Load():
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Query().Has("sendInitialEvents"):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422}`)
	case r.URL.Query().Get("watch") == "true":
		w.(http.Flusher).Flush()
		s.wait(r)
	case found:
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, answer)
	case strings.HasSuffix(r.URL.Path, "s") && r.Method == http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"apiVersion":"v1","kind":"List","metadata":{"resourceVersion":"1"},"items":[]}`)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`)
	}
}

func (s *apiServer) wait(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
}

func (s *apiServer) set(path, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// seen returns the requests so far of a method for a path.
func (s *apiServer) seen(method, path string) (out []*http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Method == method && r.URL.Path == path {
			out = append(out, r)
		}
	}
	return out
}

// kubeconfig leads to the server with the token "canary-token".
func (s *apiServer) kubeconfig() []byte {
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return fmt.Appendf(nil, `{"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
		"users":[{"name":"u","user":{"token":"canary-token"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`, s.URL, ca)
}

func newTestSet(t *testing.T) *Set {
	t.Helper()
	set := NewSet(Options{
		AllowTargetCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		ProbeInterval:    time.Minute,
	})
	t.Cleanup(set.Close)
	return set
}

// put registers a server under a name and waits for its health to be probed.
func put(t *testing.T, set *Set, name string, s *apiServer) *Target {
	t.Helper()
	if err := set.Put(name, Key{UID: name, Revision: 1}, s.kubeconfig()); err != nil {
		t.Fatal(err)
	}
	target, found := set.Get(name)
	if !found {
		t.Fatal("the target is not there")
	}
	eventually(t, "the first probe", func() bool { return target.Health().Connected.Reason != "NotProbed" })
	return target
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
