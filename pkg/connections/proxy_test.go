package connections

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/transport"
)

// answering writes the status of an error.
type answering struct{}

func (answering) Error(w http.ResponseWriter, _ *http.Request, err error) {
	code := http.StatusInternalServerError
	if status, ok := err.(apierrors.APIStatus); ok {
		code = int(status.Status().Code)
	}
	http.Error(w, err.Error(), code)
}

// proxyTo serves the proxy to a target for the user alice.
func proxyTo(t *testing.T, s *target) *httptest.Server {
	t.Helper()
	connection := connect(t, s)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		as := transport.ImpersonationConfig{UserName: "kubenova:user:alice", Groups: []string{"kubenova:group:dev"}}
		handler, err := connection.Proxy(as, r.URL.EscapedPath(), r.URL.RawQuery, answering{})
		if err != nil {
			t.Error(err)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front
}

func hostile(r *http.Request) {
	for name, value := range map[string]string{
		"Authorization": "Bearer mine", "Cookie": "c=1", "Impersonate-User": "system:admin", "Impersonate-Group": "system:masters",
		"Impersonate-Uid": "1", "Impersonate-Extra-x": "y", "X-Remote-User": "system:admin", "X-Forwarded-For": "1.2.3.4",
		"Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Tracestate": "a=b", "Baggage": "c=d",
		"Connection": "Impersonate-User, Authorization", "Sec-Websocket-Protocol": "base64url.bearer.authorization.k8s.io.bWluZQ, v5.channel.k8s.io",
	} {
		r.Header.Set(name, value)
	}
}

// TestProxyActsAsItsCaller sends every header that names someone else.
func TestProxyActsAsItsCaller(t *testing.T) {
	var seen http.Header
	var path string
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		seen, path = r.Header.Clone(), r.URL.EscapedPath()+"?"+r.URL.RawQuery
		w.Header().Set("Set-Cookie", "x=y")
		_, _ = fmt.Fprint(w, "hello")
	})
	front := proxyTo(t, s)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.URL+"/api/v1/a%2Fb/?watch=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	hostile(request)
	response, err := front.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if path != "/api/v1/a%2Fb/?watch=true" || response.Header.Get("Set-Cookie") != "" || response.Header.Get("Content-Security-Policy") != "sandbox" {
		t.Errorf("asked for %s, answered %v", path, response.Header)
	}
	wantIdentity(t, seen)
}

func wantIdentity(t *testing.T, seen http.Header) {
	t.Helper()
	if seen.Get("Authorization") != "Bearer "+canary || strings.Join(seen.Values("Impersonate-User"), ",") != "kubenova:user:alice" ||
		strings.Join(seen.Values("Impersonate-Group"), ",") != "kubenova:group:dev" {
		t.Errorf("acts as %v", seen)
	}
	for _, name := range []string{"Cookie", "Impersonate-Uid", "Impersonate-Extra-X", "X-Remote-User", "Traceparent", "Tracestate", "Baggage"} {
		if seen.Get(name) != "" {
			t.Errorf("%s got through", name)
		}
	}
	if protocol := seen.Get("Sec-Websocket-Protocol"); protocol != "v5.channel.k8s.io" {
		t.Errorf("the protocol is %q", protocol)
	}
}

// TestProxyUpgrades has a connection become a stream, as exec does.
func TestProxyUpgrades(t *testing.T) {
	seen := make(chan http.Header, 1)
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n")
		line, _ := buffered.ReadString('\n')
		_, _ = io.WriteString(conn, "echo "+line)
	})
	front := proxyTo(t, s)
	conn, err := net.Dial("tcp", strings.TrimPrefix(front.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/api/v1/namespaces/n/pods/p/exec?command=sh", nil)
	if err != nil {
		t.Fatal(err)
	}
	hostile(request)
	request.Header.Set("Connection", "Upgrade, Impersonate-User")
	request.Header.Set("Upgrade", "SPDY/3.1")
	if err := request.Write(conn); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, request)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v, %v", response, err)
	}
	_, _ = io.WriteString(conn, "hello\n")
	if line, err := reader.ReadString('\n'); line != "echo hello\n" {
		t.Errorf("got %q, %v", line, err)
	}
	headers := <-seen
	wantIdentity(t, headers)
	if headers.Get("Connection") != "Upgrade" {
		t.Errorf("Connection is %q", headers.Get("Connection"))
	}
}

// TestProxyAnswers has the cluster refuse in every way.
func TestProxyAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    int
	}{
		"the caller may not": {answer(http.StatusForbidden, "{}"), http.StatusForbidden},
		"KubeNova may not":   {answer(http.StatusUnauthorized, "{}"), http.StatusServiceUnavailable},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		}, http.StatusServiceUnavailable},
	} {
		front := proxyTo(t, newTarget(t, c.handler))
		response, err := front.Client().Get(front.URL + "/api")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != c.want || strings.Contains(string(body), "127.0.0.1") || strings.Contains(string(body), "169.254") {
			t.Errorf("%s: %d %s, want %d", name, response.StatusCode, body, c.want)
		}
	}
	if _, err := connect(t, newTarget(t, pods())).Proxy(transport.ImpersonationConfig{Groups: []string{"x"}}, "/", "", answering{}); err == nil {
		t.Error("a proxy without a user would act as KubeNova")
	}
}
