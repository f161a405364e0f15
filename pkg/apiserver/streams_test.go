package apiserver

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubenova/kubenova/pkg/authn/authntest"
)

const streamPath = "/api/v1/clusters"

// waiting is a stream that ends with its context.
func waiting(started chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusOK)
		started <- struct{}{}
		<-req.Context().Done()
	})
}

func streamRequest(ctx context.Context, caller, token string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, streamPath, nil)
	req.Header.Set("Accept", "text/event-stream")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req.WithContext(request.WithUser(ctx, &user.DefaultInfo{Name: caller}))
}

// serveAside serves a stream and returns what is closed when it has ended.
func serveAside(handler http.Handler, req *http.Request) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		handler.ServeHTTP(httptest.NewRecorder(), req)
	}()
	return ended
}

func wantEnded(t *testing.T, ended <-chan struct{}, within time.Duration) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(within):
		t.Fatalf("the stream goes on after %s", within)
	}
}

// TestStreamEndsWithItsToken lets a real token expire.
func TestStreamEndsWithItsToken(t *testing.T) {
	now := clocktesting.NewFakePassiveClock(time.Now())
	tokens, _ := authntest.NewTokens(t, now)
	issued, err := tokens.Issue(t.Context(), "alice", []string{"admin"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	auth := bearertoken.New(authenticator.TokenFunc(func(ctx context.Context, raw string) (*authenticator.Response, bool, error) {
		asked.Add(1)
		return tokens.AuthenticateToken(ctx, raw)
	}))
	started := make(chan struct{}, 1)
	handler := withReauthentication(waiting(started), auth, longRunningREST(nil), 10*time.Millisecond)
	ended := serveAside(handler, streamRequest(t.Context(), "alice", issued.Token))
	<-started
	for end := time.Now().Add(5 * time.Second); asked.Load() < 5 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-ended:
		t.Fatal("the stream ended with a valid token")
	default:
	}
	now.SetTime(issued.ExpiresAt.Add(time.Minute))
	wantEnded(t, ended, 5*time.Second)
}

// TestStreamEndsWithItsServer shuts a listener down with a stream open.
func TestStreamEndsWithItsServer(t *testing.T) {
	listener, err := ListenLoopback(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, shutDown := context.WithCancel(t.Context())
	started, served := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(served)
		if err := ServeHTTP(ctx, listener, waiting(started)); err != nil {
			t.Error(err)
		}
	}()
	go openStream(t, listener)
	<-started
	shutDown()
	wantEnded(t, served, shutdownTimeout/2)
}

func openStream(t *testing.T, listener net.Listener) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+streamPath, nil)
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Accept", "text/event-stream")
	if response, err := http.DefaultClient.Do(req); err == nil {
		_ = response.Body.Close() // the end of the stream is seen at the server
	}
}

// TestStreamsHaveNoDeadlineAndNoSeat serves streams beside short requests.
func TestStreamsHaveNoDeadlineAndNoSeat(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{}, 1)
	longRunning := longRunningREST(nil)
	handler := withDeadline(withMaxInFlight(waiting(started), make(chan struct{}, 1), longRunning), longRunning, 50*time.Millisecond)
	var streams []<-chan struct{}
	for range 3 {
		streams = append(streams, serveAside(handler, streamRequest(ctx, "alice", "")))
		<-started
	}
	short := serveAside(handler, httptest.NewRequest(http.MethodGet, streamPath, nil))
	<-started // it has the only seat
	wantEnded(t, short, 5*time.Second)
	cancel()
	for _, stream := range streams {
		wantEnded(t, stream, 5*time.Second)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{}, 100)
	bounded := newStreams(20)
	handler := bounded.bound(waiting(started), longRunningREST(nil))
	refused := func(caller string) bool {
		w := httptest.NewRecorder()
		ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		handler.ServeHTTP(w, streamRequest(ctx, caller, ""))
		if w.Code != http.StatusTooManyRequests {
			<-started
			return false
		}
		return w.Header().Get("Retry-After") != ""
	}
	var open []<-chan struct{}
	for i := range 20 {
		caller := string(rune('a' + i/2))
		open = append(open, serveAside(handler, streamRequest(ctx, caller, "")))
		<-started
		if i == 1 && (!refused("a") || refused("b")) {
			t.Error("a caller has more than a tenth of all streams, or another has none")
		}
	}
	if !refused("z") {
		t.Error("there are more streams than the most")
	}
	cancel()
	for _, stream := range open {
		wantEnded(t, stream, 5*time.Second)
	}
	if bounded.all != 0 || len(bounded.callers) != 0 {
		t.Errorf("%d streams of %v are left", bounded.all, bounded.callers)
	}
}
