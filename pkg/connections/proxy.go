package connections

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilproxy "k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/client-go/transport"

	"github.com/kubenova/kubenova/pkg/clusters"
)

// errNoUser says that a request would act with KubeNova's own rights.
var errNoUser = errors.New("a request through a cluster's proxy must act as a user")

// Proxy passes a request on to the cluster as another user, and streams the answer;
// protocols that upgrade a connection, such as exec, are passed on as well. path and
// query are those on the cluster. No header by which a caller could name another
// user, or itself, gets through, and no redirect comes back.
func (c *Connection) Proxy(as transport.ImpersonationConfig, path, query string, responder utilproxy.ErrorResponder) (http.Handler, error) {
	if as.UserName == "" {
		return nil, errNoUser
	}
	location, err := url.Parse(c.endpoint.Host)
	if err != nil {
		return nil, unavailable(c.cluster, "Its stored credentials cannot be used; write a new kubeconfig.")
	}
	target := location.JoinPath("/", path)
	target.RawQuery = query
	impersonate := func(next http.RoundTripper) http.RoundTripper {
		return transport.NewImpersonatingRoundTripper(as, next)
	}
	answers := explained{c, responder}
	handler := utilproxy.NewUpgradeAwareHandler(target, impersonate(&passedOn{c, c.pool.RoundTripper()}), false, false, answers)
	handler.UseLocationHost, handler.RejectForwardingRedirects = true, true
	upgrading := &upgrader{c.cluster, handler.Location, impersonate(&passedOn{c, c.pool.UpgradeRoundTripper()}), answers}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.streams.enter(r.Context()) {
			responder.Error(w, r, unavailable(c.cluster, messageBusy))
			return
		}
		defer c.streams.leave()
		clean := r.Clone(r.Context())
		clean.Header = withoutIdentity(r.Header)
		if clean.Header.Get("Upgrade") != "" {
			upgrading.ServeHTTP(w, clean)
			return
		}
		handler.ServeHTTP(w, clean)
	}), nil
}

// withoutIdentity drops whatever says who sends a request, and which headers are
// meant for the next hop alone: "Connection: Impersonate-User" has some proxies drop
// what is added here.
func withoutIdentity(headers http.Header) http.Header {
	out := http.Header{}
	for name, values := range headers {
		lower := strings.ToLower(name)
		switch {
		case lower == "traceparent" || lower == "tracestate" || lower == "baggage",
			lower == "authorization" || lower == "cookie" || lower == "forwarded" || lower == "audit-id" || lower == "connection" || lower == "te",
			strings.HasPrefix(lower, "impersonate-"), strings.HasPrefix(lower, "x-remote-"), strings.HasPrefix(lower, "x-forwarded-"), strings.HasPrefix(lower, "proxy-"):
			continue
		case lower == "sec-websocket-protocol":
			values = withoutTokens(values)
		}
		out[name] = values
	}
	if headers.Get("Upgrade") != "" {
		out.Set("Connection", "Upgrade")
	}
	return out
}

// withoutTokens drops the subprotocol by which browsers send a token.
func withoutTokens(values []string) (out []string) {
	const token = "base64url.bearer.authorization.k8s.io."
	for _, value := range values {
		var kept []string
		for protocol := range strings.SplitSeq(value, ",") {
			if protocol = strings.TrimSpace(protocol); !strings.HasPrefix(protocol, token) {
				kept = append(kept, protocol)
			}
		}
		out = append(out, strings.Join(kept, ","))
	}
	return out
}

// passedOn sends a request on. The cluster's answer is the caller's, but for one
// that refuses KubeNova's credentials.
type passedOn struct {
	connection *Connection
	next       http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (p *passedOn) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := p.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusUnauthorized {
		closeBody(response.Body)
		message, _ := refused(request, response.StatusCode)
		return answerUnavailable(request, p.connection.cluster, message)
	}
	// What a cluster says must not act in a browser as if KubeNova had said it.
	response.Header.Del("Set-Cookie")
	response.Header.Set("X-Content-Type-Options", "nosniff")
	response.Header.Set("Content-Security-Policy", "sandbox")
	return response, nil
}

// explained answers with a 503 that names the cluster and no address.
type explained struct {
	connection *Connection
	next       utilproxy.ErrorResponder
}

// Error implements proxy.ErrorResponder.
func (e explained) Error(w http.ResponseWriter, r *http.Request, err error) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		_, message := clusters.Explain(err)
		err = unavailable(e.connection.cluster, message)
	}
	e.next.Error(w, r, err)
}
