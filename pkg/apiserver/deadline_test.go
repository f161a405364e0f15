package apiserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// stuck are handlers that a slow or hostile client keeps from ending.
func stuck() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"unfinished body": func(_ http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body) // its error is what ends it
		},
		"unread answer": func(w http.ResponseWriter, _ *http.Request) {
			for chunk := make([]byte, 1<<20); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
	}
}

func TestDeadlineEndsStuckRequests(t *testing.T) {
	for name, handler := range stuck() {
		for _, http2 := range []bool{false, true} {
			ended := make(chan struct{})
			server := httptest.NewUnstartedServer(withDeadline(ending(handler, ended), longRunningREST(nil), 200*time.Millisecond))
			server.EnableHTTP2 = http2
			server.StartTLS()
			go postForever(t, server.Client(), server.URL)
			select {
			case <-ended:
			case <-time.After(15 * time.Second): // closing a TLS connection that is not read takes 5 of them
				t.Errorf("%s, HTTP/2 %v: the handler goes on", name, http2)
			}
			server.CloseClientConnections()
		}
	}
}

// TestDeadlineEndsWithItsRequest sends a second request on the connection of one
// that had a deadline, later than that was.
func TestDeadlineEndsWithItsRequest(t *testing.T) {
	const deadline = 100 * time.Millisecond
	short := withDeadline(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), longRunningREST(nil), deadline)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/short" {
			short.ServeHTTP(w, req)
			return
		}
		time.Sleep(3 * deadline)
		_, _ = io.WriteString(w, req.RemoteAddr)
	}))
	defer server.Close()
	for _, path := range []string{"/short", "/long", "/long"} {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		_ = response.Body.Close() // its end has been read
	}
}

func TestShutdownEndsStuckRequests(t *testing.T) {
	for name, handler := range stuck() {
		started, ended := make(chan struct{}), make(chan struct{})
		listener, err := ListenLoopback(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			close(started)
			ending(handler, ended).ServeHTTP(w, req)
		})}
		go func() { _ = server.Serve(listener) }()
		go postForever(t, http.DefaultClient, "http://"+listener.Addr().String())
		<-started
		shutDown(server, 100*time.Millisecond)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the handler goes on after the end of its server", name)
		}
	}
}

func TestOnlyLoopbackListenersAreTaken(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	// As if the name localhost had resolved to an address of the network.
	if _, err := checkLoopback(listener); err == nil {
		t.Error("a listener on every address was taken for loopback")
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("the refused listener is open")
	}
	for _, address := range []string{"localhost:0", "127.0.0.1:0"} {
		listener, err := ListenLoopback(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = listener.Close() // nothing was accepted
	}
}

func ending(handler http.Handler, ended chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer close(ended)
		handler.ServeHTTP(w, req)
	})
}

// postForever sends a request whose body never ends and never reads the answer.
func postForever(t *testing.T, client *http.Client, url string) {
	body, unfinished := io.Pipe()
	context.AfterFunc(t.Context(), func() { _ = unfinished.Close() })
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, body)
	if err != nil {
		t.Error(err)
		return
	}
	if response, err := client.Do(req); err == nil {
		context.AfterFunc(t.Context(), func() { _ = response.Body.Close() })
	}
}
