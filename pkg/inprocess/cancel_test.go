package inprocess_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"

	"github.com/kubenova/kubenova/pkg/inprocess"
)

func roundTripper(handler http.HandlerFunc) http.RoundTripper {
	server := &inprocess.Server{}
	if handler != nil {
		server.SetHandler(handler)
	}
	return server.ConfigFor(&user.DefaultInfo{Name: "alice"}).Transport
}

func newRequest(ctx context.Context, t *testing.T, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://kubenova.in-process/", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// endless writes until nobody reads, whatever its context says.
func endless(w http.ResponseWriter, _ *http.Request) {
	for chunk := make([]byte, 64<<10); ; {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func TestCancelEndsHandlersWhoseAnswerIsUnread(t *testing.T) {
	transport := roundTripper(endless)
	before := runtime.NumGoroutine()
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		response, err := transport.RoundTrip(newRequest(ctx, t, nil))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body // neither read nor closed
		cancel()
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left of 100 cancelled requests", after-before)
	}
}

func TestBodyCutShortEndsWithTheCause(t *testing.T) {
	transport := roundTripper(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, "half")
		<-req.Context().Done() // as a list does that is told to stop
	})
	cause := errors.New("the caller has left")
	ctx, cancel := context.WithCancelCause(t.Context())
	response, err := transport.RoundTrip(newRequest(ctx, t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, len("half"))); err != nil {
		t.Fatal(err)
	}
	cancel(cause)
	if rest, err := io.ReadAll(response.Body); !errors.Is(err, cause) {
		t.Errorf("half an answer ended with %q, %v", rest, err)
	}
}

func TestWholeBodyIsWholeAfterCancel(t *testing.T) {
	transport := roundTripper(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "whole") })
	ctx, cancel := context.WithCancel(t.Context())
	response, err := transport.RoundTrip(newRequest(ctx, t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "whole" {
		t.Fatalf("read %q, %v", body, err)
	}
	cancel()
	if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the end became %v", err)
	}
}

// closing is a request body that counts its closings.
type closing struct {
	io.Reader
	closed atomic.Int32
}

func (c *closing) Close() error { c.closed.Add(1); return nil }

func TestRequestBodyIsClosed(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"no server": nil,
		"unread":    func(http.ResponseWriter, *http.Request) {},
		"panic":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		body := &closing{Reader: strings.NewReader("{}")}
		response, err := roundTripper(handler).RoundTrip(newRequest(t.Context(), t, body))
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body) // only the request's body matters
			_ = response.Body.Close()
		}
		deadline := time.Now().Add(5 * time.Second)
		for body.closed.Load() == 0 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if body.closed.Load() == 0 {
			t.Errorf("%s: the body of the request was left open", name)
		}
	}
}
