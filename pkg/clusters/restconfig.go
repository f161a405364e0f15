package clusters

import (
	"net/http"

	"k8s.io/client-go/rest"
)

// RESTConfig is for libraries that make clients of their own, such as Helm:
// they use the same connections, with the same checks, as all other calls. What
// they do is not bounded in time here.
func (t *Target) RESTConfig() *rest.Config {
	config := rest.CopyConfig(t.config)
	config.Transport = t.connection.RoundTripper()
	return config
}

// refuseRedirects does what an http.Client's CheckRedirect would: a
// rest.Config carries none.
type refuseRedirects struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (r refuseRedirects) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 && response.Header.Get("Location") != "" {
		_ = response.Body.Close()
		return nil, errRedirect
	}
	return response, nil
}

// WrappedRoundTripper lets client-go find the pool behind.
func (r refuseRedirects) WrappedRoundTripper() http.RoundTripper { return r.next }
