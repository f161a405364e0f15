package attack

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
)

// server is a server of the attacker, which may pass for a cluster.
type server struct {
	*httptest.Server
	// connections counts those that were opened.
	connections atomic.Int64
	// hangUp ends what is streaming when the server closes.
	hangUp chan struct{}

	mu   sync.Mutex
	seen []*http.Request
}

// startServer starts one on loopback that answers as behave does; nil is a cluster
// with nothing on it.
func startServer(behave func(w http.ResponseWriter, r *http.Request) (done bool)) *server {
	s := &server{hangUp: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.keep(r)
		w.Header().Set("Content-Type", "application/json")
		if behave == nil || !behave(w, r) {
			emptyCluster(w, r)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	return s
}

// Close ends all connections: an attacked KubeNova may hold some for long.
func (s *server) Close() {
	close(s.hangUp)
	s.CloseClientConnections()
	s.Server.Close()
}

const maxKept = 10000

func (s *server) keep(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) < maxKept {
		s.seen = append(s.seen, r)
	}
}

// requests are those that match.
func (s *server) requests(match func(*http.Request) bool) (out []*http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.seen {
		if match(r) {
			out = append(out, r)
		}
	}
	return out
}

// ca vouches for the server.
func (s *server) ca() string { return certificatePEM(s.Certificate()) }

func certificatePEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// emptyCluster answers as an API server with Capsule and KubeVela and without any object.
func emptyCluster(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/version":
		say(w, `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`)
	case r.URL.Path == "/apis":
		say(w, discovery)
	case r.URL.Query().Get("watch") == "true" || r.URL.Query().Get("watch") == "1":
		<-r.Context().Done()
	case r.Method == http.MethodGet && !strings.Contains(r.URL.RawQuery, "fieldManager") && isList(r.URL.Path):
		say(w, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[]}`)
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusNotFound)
		say(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`)
	default: // what is written comes back
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, io.LimitReader(r.Body, 1<<20))
	}
}

const discovery = `{"kind":"APIGroupList","apiVersion":"v1","groups":[
	{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}]},
	{"name":"rbac.authorization.k8s.io","versions":[{"groupVersion":"rbac.authorization.k8s.io/v1","version":"v1"}]},
	{"name":"networking.k8s.io","versions":[{"groupVersion":"networking.k8s.io/v1","version":"v1"}]},
	{"name":"capsule.clastix.io","versions":[{"groupVersion":"capsule.clastix.io/v1beta2","version":"v1beta2"}]},
	{"name":"core.oam.dev","versions":[{"groupVersion":"core.oam.dev/v1beta1","version":"v1beta1"}]}]}`

// isList tells the path of a collection from that of an object in it.
func isList(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if parts[0] == "api" {
		parts = parts[1:]
	} else if len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) > 3 && parts[1] == "namespaces" {
		parts = append(parts[:1:1], parts[3:]...)
	}
	return len(parts) == 2
}

func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }
