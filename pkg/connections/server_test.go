package connections

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const canary = "canary-3c1d"

// target is a server that a test registers as a cluster.
type target struct {
	*httptest.Server
	conns, requests atomic.Int64
	handler         atomic.Pointer[http.HandlerFunc]
	closing         chan struct{}
}

func newTarget(t *testing.T, handler http.HandlerFunc) *target {
	t.Helper()
	s := &target{closing: make(chan struct{})}
	s.handler.Store(&handler)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		(*s.handler.Load())(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.conns.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.conns.Add(-1)
		default:
		}
	}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(s.closing) })
	return s
}

// hang answers nothing until the client or the test ends.
func (s *target) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
}

func answer(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, body)
	}
}

func pods() http.HandlerFunc {
	return answer(http.StatusOK, `{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"p"}}]}`)
}

// kubeconfig leads to the server with a canary for a token.
func (s *target) kubeconfig() []byte { return s.kubeconfigWith(canary) }

func (s *target) kubeconfigWith(token string) []byte {
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return fmt.Appendf(nil, `{"clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
		"users":[{"name":"u","user":{"token":%q}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`, s.URL, ca, token)
}

// credentialsOf serves the kubeconfigs of clusters by uid, and counts.
type credentialsOf struct {
	kubeconfigs map[types.UID][]byte
	reads       int
}

func (c *credentialsOf) Kubeconfig(_ context.Context, cluster *v1alpha1.Cluster) ([]byte, error) {
	c.reads++
	if stored, found := c.kubeconfigs[cluster.UID]; found {
		return stored, nil
	}
	return nil, apierrors.NewNotFound(v1alpha1.Resource("clusters/kubeconfig"), cluster.Name)
}

func clusterNamed(name string, revision int64) *v1alpha1.Cluster {
	return &v1alpha1.Cluster{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid-of-" + name)},
		Spec:       v1alpha1.ClusterSpec{CredentialsRevision: revision},
	}
}

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// connect returns the connection to a server under the name dev.
func connect(t *testing.T, s *target) *Connection {
	t.Helper()
	dev := clusterNamed("dev", 1)
	pool := NewPool(&credentialsOf{kubeconfigs: map[types.UID][]byte{dev.UID: s.kubeconfig()}}, loopback())
	t.Cleanup(pool.Close)
	connection, err := pool.Get(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

func listPods(ctx context.Context, c *Connection) error {
	_, err := c.Kubernetes().CoreV1().Pods("n").List(ctx, metav1.ListOptions{})
	return c.Error(err)
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
