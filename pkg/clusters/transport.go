package clusters

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/attribute"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"github.com/kubenova/kubenova/pkg/traces"
)

const (
	dialTimeout   = 5 * time.Second
	keepAlive     = 30 * time.Second
	tlsTimeout    = 5 * time.Second
	headerTimeout = 30 * time.Second
	userAgent     = "kubenova"
)

// errRedirect is what a redirect becomes: the credentials are for this server alone.
var errRedirect = errors.New("the server answered with a redirect, which is not followed")

// Connection is one pool of connections to a cluster, with credentials. Each
// address is checked as it is connected to, no redirect is followed and no proxy
// is used.
type Connection struct {
	pool *http.Transport
	// roundTripper authenticates and bounds the time to the response's headers, and
	// upgrading does so on connections of their own.
	roundTripper, upgrading http.RoundTripper
}

// NewConnection opens nothing yet. The allowed addresses are as CheckAddress
// reads them. It does not use client-go's shared transport cache, which would
// keep the connections of removed clusters. Around, unless nil, is put
// around the transport. The name is what traces call the cluster.
func NewConnection(name string, config *rest.Config, allowed []netip.Prefix, around func(http.RoundTripper) http.RoundTripper) (*Connection, error) {
	transportConfig, err := config.TransportConfig()
	if err != nil {
		return nil, fmt.Errorf("preparing the connection: %w", err)
	}
	tlsConfig, err := transport.TLSConfigFor(transportConfig)
	if err != nil {
		return nil, fmt.Errorf("preparing TLS: %w", err)
	}
	if tlsConfig == nil {
		tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	pool := utilnet.SetTransportDefaults(&http.Transport{
		// A proxy would connect in our place, to addresses that are not checked.
		Proxy:               func(*http.Request) (*url.URL, error) { return nil, nil },
		DialContext:         dialer(allowed).DialContext,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: tlsTimeout,
		IdleConnTimeout:     90 * time.Second,
	})
	authenticated, err := rest.HTTPWrappersForConfig(config, pool)
	if err != nil {
		return nil, fmt.Errorf("preparing authentication: %w", err)
	}
	upgrading, err := rest.HTTPWrappersForConfig(config, onlyHTTP1(pool))
	if err != nil {
		return nil, fmt.Errorf("preparing authentication: %w", err)
	}
	if around != nil {
		authenticated = around(authenticated)
	}
	cluster := attribute.String("kubenova.cluster", name)
	authenticated, upgrading = traces.Transport(authenticated, cluster), traces.Transport(upgrading, cluster)
	return &Connection{
		pool:         pool,
		roundTripper: &boundedHeaders{authenticated, headerTimeout},
		upgrading:    &boundedHeaders{upgrading, headerTimeout},
	}, nil
}

// Client returns an HTTP client that follows no redirects. Only the time to a
// response's headers is bounded.
func (c *Connection) Client(wrap ...func(http.RoundTripper) http.RoundTripper) *http.Client {
	roundTripper := c.roundTripper
	for _, w := range wrap {
		roundTripper = w(roundTripper)
	}
	return &http.Client{
		Transport:     roundTripper,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

// RoundTripper does what Client does, for libraries that make clients of their own.
func (c *Connection) RoundTripper() http.RoundTripper { return refuseRedirects{c.roundTripper} }

// CloseIdleConnections closes the connections that no request is using.
func (c *Connection) CloseIdleConnections() { c.pool.CloseIdleConnections() }

// boundedHeaders gives up on a response whose headers do not come. Bodies may
// take their time: a watch does.
type boundedHeaders struct {
	next  http.RoundTripper
	bound time.Duration
}

func (b *boundedHeaders) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	timer := time.AfterFunc(b.bound, func() { cancel(context.DeadlineExceeded) })
	response, err := b.next.RoundTrip(request.WithContext(ctx))
	timer.Stop()
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && request.Context().Err() == nil {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	if response.StatusCode == http.StatusSwitchingProtocols && request.Header.Get("Upgrade") != "" {
		cancel(nil) // the connection does not depend on the request any more
		return response, nil
	}
	response.Body = &cancelingBody{response.Body, cancel}
	return response, nil
}

// WrappedRoundTripper lets client-go find the pool behind.
func (b *boundedHeaders) WrappedRoundTripper() http.RoundTripper { return b.next }

type cancelingBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *cancelingBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
