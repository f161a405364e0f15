package connections

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// isUnavailable says that err is the bare 503 that a handler can return.
func isUnavailable(t *testing.T, s *target, err error) {
	t.Helper()
	status, ok := err.(*apierrors.StatusError)
	if !ok {
		t.Fatalf("%v (%T) is not a bare status", err, err)
	}
	if status.ErrStatus.Code != http.StatusServiceUnavailable || status.ErrStatus.Details == nil || status.ErrStatus.Details.RetryAfterSeconds != retryAfterSeconds {
		t.Errorf("got %+v", status.ErrStatus)
	}
	for _, leak := range []string{canary, "127.0.0.1", s.Listener.Addr().String()} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("%q tells %s", err, leak)
		}
	}
	if !strings.Contains(err.Error(), "dev") {
		t.Errorf("%q does not name the cluster", err)
	}
}

func TestAnswersThatDoNotComeThrough(t *testing.T) {
	status := `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"` + canary + ` at 127.0.0.1","reason":"InternalError","code":500}`
	for name, handler := range map[string]http.HandlerFunc{
		"401":          answer(http.StatusUnauthorized, status),
		"403":          answer(http.StatusForbidden, status),
		"429":          answer(http.StatusTooManyRequests, status),
		"500":          answer(http.StatusInternalServerError, status),
		"503":          answer(http.StatusServiceUnavailable, status),
		"not an API":   answer(http.StatusOK, "<html>"+canary+"</html>"),
		"no such kind": answer(http.StatusOK, `{"kind":"`+canary+`","apiVersion":"v1"}`),
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for block := strings.Repeat(" ", 1<<20); ; {
				if _, err := w.Write([]byte(block)); err != nil {
					return
				}
			}
		},
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t, handler)
			begun := time.Now()
			isUnavailable(t, s, listPods(t.Context(), connect(t, s)))
			if s.requests.Load() != 1 || time.Since(begun) > 5*time.Second {
				t.Errorf("%d requests in %s", s.requests.Load(), time.Since(begun))
			}
		})
	}
}

// TestRefusalsNameTheRight has a cluster refuse the stored credentials. What right they
// lack is told by what was asked for, not by what the cluster says.
func TestRefusalsNameTheRight(t *testing.T) {
	s := newTarget(t, answer(http.StatusForbidden, canary))
	c := connect(t, s)
	err := listPods(t.Context(), c)
	isUnavailable(t, s, err)
	if !strings.Contains(err.Error(), "does not allow the stored credentials to list pods.") {
		t.Error(err)
	}
	for _, test := range []struct{ method, path, want string }{
		{http.MethodGet, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=5", "list customresourcedefinitions.apiextensions.k8s.io"},
		{http.MethodPut, "/api/v1/namespaces/n/finalize", "update namespaces/finalize"},
		{http.MethodDelete, "/apis/g/v1/namespaces/n/things/t", "delete things.g"},
		{http.MethodGet, "/version", "do this"},
	} {
		req := httptest.NewRequest(test.method, test.path, nil)
		if got := asked(req); got != test.want {
			t.Errorf("%s %s asks to %s, want %s", test.method, test.path, got, test.want)
		}
	}
}

func TestAnswersThatComeThrough(t *testing.T) {
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+canary {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		pods()(w, r)
	})
	c := connect(t, s)
	if err := listPods(t.Context(), c); err != nil {
		t.Error(err)
	}
	notFound := answer(http.StatusNotFound, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"no such pod"}`)
	s.handler.Store(&notFound)
	if err := listPods(t.Context(), c); !apierrors.IsNotFound(err) || err.Error() != "no such pod" {
		t.Errorf("got %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	c := connect(t, s)
	isUnavailable(t, s, listPods(t.Context(), c))
	_, err := c.KubernetesStreams().CoreV1().Pods("n").List(t.Context(), metav1.ListOptions{})
	isUnavailable(t, s, err)
	if reached.Load() {
		t.Error("followed")
	}
}

func TestAddressesAreChecked(t *testing.T) {
	s := newTarget(t, pods())
	dev := clusterNamed("dev", 1)
	pool := NewPool(&credentialsOf{kubeconfigs: map[types.UID][]byte{dev.UID: s.kubeconfig()}}, nil)
	c, err := pool.Get(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	isUnavailable(t, s, listPods(t.Context(), c))
	if s.conns.Load() != 0 || s.requests.Load() != 0 {
		t.Error("connected to loopback")
	}
}

// A cluster that hangs holds a bounded number of calls, each for a bounded time;
// the rest fail at once.
func TestClusterThatHangs(t *testing.T) {
	s := newTarget(t, nil)
	hang := http.HandlerFunc(s.hang)
	s.handler.Store(&hang)
	c := connect(t, s)
	begun, ended := time.Now(), make(chan error, maxCalls)
	for range maxCalls {
		go func() { ended <- listPods(context.Background(), c) }()
	}
	eventually(t, "all places to be taken", func() bool { return s.requests.Load() == maxCalls })
	isUnavailable(t, s, listPods(t.Context(), c))
	if waited := time.Since(begun); waited > callTimeout/2 {
		t.Errorf("one call too many was refused after %s", waited)
	}
	for range maxCalls {
		isUnavailable(t, s, <-ended)
	}
	if waited := time.Since(begun); waited > callTimeout+3*time.Second {
		t.Errorf("the calls ended after %s", waited)
	}

	// Afterwards one call at a time finds out.
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- listPods(ctx, c) }()
	eventually(t, "the call that finds out", func() bool { return s.requests.Load() == maxCalls+1 })
	isUnavailable(t, s, listPods(t.Context(), c))
	cancel()
	if err := <-ended; err == nil {
		t.Error("a canceled call succeeded")
	}
	back := pods()
	s.handler.Store(&back)
	eventually(t, "the cluster to be back", func() bool { return listPods(t.Context(), c) == nil })
	if c.calls.failed.Load() {
		t.Error("the cluster is still taken for away")
	}
}

func TestCallerThatLeaves(t *testing.T) {
	s := newTarget(t, nil)
	hang := http.HandlerFunc(s.hang)
	s.handler.Store(&hang)
	c := connect(t, s)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("enough"))
	defer cancel()
	isUnavailable(t, s, listPods(ctx, c))
	if c.calls.failed.Load() || len(c.calls.taken) != 0 {
		t.Error("a caller's own deadline counts as a failure of the cluster")
	}
}
