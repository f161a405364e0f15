package connections

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	utilproxy "k8s.io/apimachinery/pkg/util/proxy"
)

// upgrader passes on requests whose connection is to become a stream. That of
// Kubernetes ends a stream with the first direction that ends, and loses what is on
// its way in the other.
type upgrader struct {
	cluster string
	target  *url.URL
	next    http.RoundTripper
	answers utilproxy.ErrorResponder
}

// ServeHTTP implements http.Handler.
func (u *upgrader) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		u.answers.Error(w, r, apierrors.NewBadRequest("a request that upgrades its connection has no body"))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	response, err := u.next.RoundTrip(u.onTarget(ctx, r))
	if err != nil {
		u.answers.Error(w, r, err)
		return
	}
	defer closeBody(response.Body)
	switch {
	case response.StatusCode == http.StatusSwitchingProtocols:
		err = u.carry(w, r, response)
	case response.StatusCode < http.StatusBadRequest:
		err = unavailable(u.cluster, messageNotAPI)
	default:
		defer time.AfterFunc(callTimeout, cancel).Stop()
		err = pass(w, response)
	}
	if err != nil {
		u.answers.Error(w, r, err)
	}
}

// onTarget is the request as the cluster gets it.
func (u *upgrader) onTarget(ctx context.Context, r *http.Request) *http.Request {
	out := r.Clone(ctx)
	out.URL, out.Host, out.RequestURI, out.Body, out.Close = u.target, u.target.Host, "", nil, false
	utilnet.AppendForwardedForHeader(out)
	return out
}

// carry has the client's connection become the stream that the cluster's is. There is
// no error any more once it has.
func (u *upgrader) carry(w http.ResponseWriter, r *http.Request, response *http.Response) error {
	cluster, ok := response.Body.(stream)
	if !ok || !strings.EqualFold(response.Header.Get("Upgrade"), r.Header.Get("Upgrade")) {
		return unavailable(u.cluster, messageNotAPI)
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return fmt.Errorf("taking over the client's connection: %w", err)
	}
	response.Body = nil // or it would be part of what is written
	err = response.Write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	client := &clientStream{Conn: conn, buffered: buffered.Reader}
	if err != nil { // there is nobody to tell
		closeBody(client)
		closeBody(cluster)
		return nil
	}
	(&tunnel{client: client, cluster: cluster, linger: linger}).carry(r.Context())
	return nil
}

// pass answers with what a cluster says instead of making a stream.
func pass(w http.ResponseWriter, response *http.Response) error {
	if err := buffer(response); err != nil {
		return err
	}
	for _, name := range []string{"Content-Type", "X-Content-Type-Options", "Content-Security-Policy"} {
		if value := response.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body) // who asked may be gone
	return nil
}
