package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/clock"
)

const (
	// certificateTTL is for how long a client certificate that was verified is good
	// unasked: no longer than a change of the certificate authorities may take anyway.
	certificateTTL = 10 * time.Second
	// maxCertificates bounds the answers that are remembered.
	maxCertificates = 4096
)

// nobody are the headers that say nothing of who asks, whatever is configured.
var nobody = [...]string{
	"Accept", "Accept-Encoding", "Audit-Id", "Cache-Control", "Connection", "Content-Length", "Content-Type",
	"If-Match", "If-None-Match", "Idempotency-Key", "Kubectl-Command", "Kubectl-Session", "Last-Event-Id", "Traceparent",
	"Tracestate", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Uri",
}

// RememberCertificates wraps an authenticator that knows callers by their client
// certificates, and by headers of those who speak for others, such as the
// aggregator. Verifying a chain costs more than most requests do otherwise, so that
// who was let in is, with the same certificates and the same headers, let in again
// for 10 seconds without asking. Bearer tokens are always asked about.
func RememberCertificates(delegate authenticator.Request, c clock.Clock) authenticator.Request {
	known := cache.NewLRUExpireCacheWithClock(maxCertificates, c)
	return authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		if !onlyCertificate(req) {
			return delegate.AuthenticateRequest(req)
		}
		key := identityOf(req)
		if response, ok := known.Get(key); ok {
			return response.(*authenticator.Response), true, nil
		}
		response, ok, err := delegate.AuthenticateRequest(req)
		if ok && err == nil && response.User.GetName() != user.Anonymous {
			known.Add(key, response, min(certificateTTL, untilExpiry(req.TLS.PeerCertificates, c.Now())))
		}
		return response, ok, err
	})
}

// onlyCertificate says whether a request has a client certificate and no token.
func onlyCertificate(req *http.Request) bool {
	return req.TLS != nil && len(req.TLS.PeerCertificates) > 0 &&
		req.Header.Get("Authorization") == "" && req.Header.Get("Sec-Websocket-Protocol") == ""
}

// identityOf digests everything of a request that may say who asks.
func identityOf(req *http.Request) [sha256.Size]byte {
	digest := sha256.New()
	for _, certificate := range req.TLS.PeerCertificates {
		fmt.Fprintf(digest, "%d,%s", len(certificate.Raw), certificate.Raw)
	}
	names := make([]string, 0, len(req.Header))
	for name := range req.Header {
		if !slices.Contains(nobody[:], name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(digest, "%q=%q", name, req.Header[name])
	}
	return [sha256.Size]byte(digest.Sum(nil))
}

// untilExpiry returns for how long the first of some certificates to expire is good.
func untilExpiry(certificates []*x509.Certificate, now time.Time) time.Duration {
	left := certificates[0].NotAfter.Sub(now)
	for _, certificate := range certificates[1:] {
		left = min(left, certificate.NotAfter.Sub(now))
	}
	return left
}
