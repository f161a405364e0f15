package connections

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// upgrade asks for a stream and returns the answer, with its body.
func upgrade(t *testing.T, address, body string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/api/v1/namespaces/n/pods/p/exec", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", "SPDY/3.1")
	if err := request.Write(conn); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(said)
}

// says answers a request for a stream with raw bytes.
func says(t *testing.T, raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, raw) // who does not read all of it has hung up
	}
}

// TestUpgradesAreAnswered has a cluster answer in every other way than with a stream.
func TestUpgradesAreAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		body    string
		want    int
		said    string
	}{
		"the caller may not": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "x=y")
			answer(http.StatusForbidden, `{"reason":"Forbidden"}`)(w, r)
		}, "", http.StatusForbidden, `{"reason":"Forbidden"}`},
		"KubeNova may not": {answer(http.StatusUnauthorized, "{}"), "", http.StatusServiceUnavailable, "credentials"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://169.254.169.254/", http.StatusFound)
		}, "", http.StatusServiceUnavailable, "redirect"},
		"no stream":             {answer(http.StatusOK, "{}"), "", http.StatusServiceUnavailable, messageNotAPI},
		"another protocol":      {says(t, strings.Replace(switching, "SPDY/3.1", "websocket", 1)), "", http.StatusServiceUnavailable, messageNotAPI},
		"headers without end":   {says(t, "HTTP/1.1 101 S\r\nX: "+strings.Repeat("x", 2<<20)), "", http.StatusServiceUnavailable, "dev"},
		"too much":              {answer(http.StatusForbidden, strings.Repeat("x", maxAnswer+1)), "", http.StatusServiceUnavailable, "dev"},
		"a request with a body": {says(t, switching), "body", http.StatusBadRequest, "no body"},
	} {
		t.Run(name, func(t *testing.T) {
			front := proxyTo(t, newTarget(t, c.handler))
			response, said := upgrade(t, strings.TrimPrefix(front.URL, "http://"), c.body)
			if response.StatusCode != c.want || !strings.Contains(said, c.said) || strings.Contains(said, "127.0.0.1") || strings.Contains(said, "169.254") {
				t.Errorf("%d %.200s, want %d and %q", response.StatusCode, said, c.want, c.said)
			}
			if response.Header.Get("Set-Cookie") != "" {
				t.Error("a cookie got through")
			}
		})
	}
}
