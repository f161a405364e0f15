// Package inprocess calls an API server without a network: requests go straight
// into its handler chain, as a user that the caller has already authenticated.
package inprocess

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// Server is the API server that calls go to. Its handler is set when the server
// has been built; calls before that fail.
type Server struct{ handler atomic.Pointer[http.Handler] }

// SetHandler sets the full handler chain of the server.
func (s *Server) SetHandler(handler http.Handler) { s.handler.Store(&handler) }

// host appears in no network request: client-go wants one to build URLs.
const host = "http://kubenova.in-process"

// ConfigFor returns a client configuration whose requests are made as u.
func (s *Server) ConfigFor(u user.Info) *rest.Config {
	return &rest.Config{
		Host:      host,
		Transport: &transport{server: s, user: u},
		// The server's own fairness limits callers; a second limit here would only add delay.
		QPS: -1,
	}
}

// ClientFor returns a clientset whose requests are made as u.
func (s *Server) ClientFor(u user.Info) (versioned.Interface, error) {
	config := s.ConfigFor(u)
	return versioned.NewForConfigAndClient(config, &http.Client{Transport: config.Transport})
}

// userKey is the context key of the caller. It is private to this package, so
// nothing that arrives over a network can set it.
type userKey struct{}

// Authenticator accepts the requests that this package makes, and no others.
func Authenticator() authenticator.Request {
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		u, ok := req.Context().Value(userKey{}).(user.Info)
		if !ok {
			return nil, false, nil
		}
		return &authenticator.Response{User: u}, true, nil
	})
}

type transport struct {
	server *Server
	user   user.Info
}

var errNotReady = errors.New("the API server has not been built yet")

// RoundTrip implements http.RoundTripper. It returns with the response's header,
// while the handler goes on writing the body.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	handler := t.server.handler.Load()
	if handler == nil {
		return nil, errors.Join(errNotReady, closeBody(req))
	}
	// The handler chain gets a context of its own: what an outer request's chain
	// put into its context, such as its audit event, is not this request's.
	from := originOf(req.Context())
	ctx, cancel := context.WithCancel(context.WithValue(context.WithValue(context.Background(), userKey{}, t.user), originKey{}, from))
	if span := trace.SpanFromContext(req.Context()); span.SpanContext().IsValid() {
		ctx = trace.ContextWithSpan(ctx, span) // of the trace alone this is a part
	}
	inner := req.Clone(ctx)
	inner.RequestURI = req.URL.RequestURI()
	inner.RemoteAddr = from.remoteAddr
	if inner.Body == nil {
		inner.Body = http.NoBody
	}

	w := newResponseWriter(ctx)
	stop := context.AfterFunc(req.Context(), func() {
		// In this order: a handler that is told to stop would end the body as if it
		// were whole. The end of one that is whole already stays what it is.
		w.pipe.CloseWithError(context.Cause(req.Context()))
		cancel()
	})
	go func() {
		defer func() { _ = closeBody(req) }() // the answer tells how it went
		defer cancel()
		defer stop()
		w.serve(*handler, inner)
	}()
	select {
	case <-w.started:
		return w.response(req, cancel), nil
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// closeBody closes the body of a request, as every RoundTripper has to.
func closeBody(req *http.Request) error {
	if req.Body == nil {
		return nil
	}
	return req.Body.Close()
}

// responseWriter hands a handler's answer over to the caller as it is written.
type responseWriter struct {
	header  http.Header
	started chan struct{}
	once    sync.Once
	status  int
	sent    http.Header
	body    *io.PipeReader
	pipe    *io.PipeWriter
	gone    chan bool
}

// The handler chain keeps Flush, which watches need, only on writers that have
// both, as those of a network server do.
var (
	_ http.Flusher       = &responseWriter{}
	_ http.CloseNotifier = &responseWriter{} //nolint:staticcheck // see above
)

func newResponseWriter(ctx context.Context) *responseWriter {
	body, pipe := io.Pipe()
	w := &responseWriter{header: http.Header{}, started: make(chan struct{}), body: body, pipe: pipe, gone: make(chan bool)}
	context.AfterFunc(ctx, func() { close(w.gone) })
	return w
}

// CloseNotify implements http.CloseNotifier.
func (w *responseWriter) CloseNotify() <-chan bool { return w.gone }

// serve runs the handler and ends the body as the handler ended: a panic, which
// the chain uses to abort a response, reaches the reader as an error.
func (w *responseWriter) serve(handler http.Handler, req *http.Request) {
	err := io.ErrUnexpectedEOF
	defer func() {
		if recovered := recover(); recovered == nil {
			err = nil
		}
		w.WriteHeader(http.StatusOK)
		w.pipe.CloseWithError(err)
	}()
	handler.ServeHTTP(w, req)
}

func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter: the first call counts.
func (w *responseWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		// client-go would wait and try again by itself, within the request of a
		// caller who should hear of it; the Status in the body says how long.
		w.sent.Del("Retry-After")
		close(w.started)
	})
}

func (w *responseWriter) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(data)
}

// Flush implements http.Flusher: every write reaches the reader at once.
func (w *responseWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *responseWriter) response(req *http.Request, cancel context.CancelFunc) *http.Response {
	return &http.Response{
		Status:        http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          &responseBody{PipeReader: w.body, cancel: cancel},
		ContentLength: -1,
		Request:       req,
	}
}

// responseBody ends the handler when the caller has read enough.
type responseBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *responseBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
