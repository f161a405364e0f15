package kubeconfig

import (
	"fmt"

	"k8s.io/client-go/rest"
)

// RESTConfig returns the client configuration for a kubeconfig that Sanitize
// returned. It checks all of it again, so that a kubeconfig that came another
// way cannot run a program, read a file, skip verification or be without an
// identity. Timeouts, dialer and user agent are left to the caller.
func RESTConfig(sanitized []byte) (*rest.Config, error) {
	c, errs := parse(sanitized)
	if len(errs) > 0 {
		return nil, fmt.Errorf("reading a stored kubeconfig: %w", errs.ToAggregate())
	}
	return &rest.Config{
		Host:        c.server,
		BearerToken: c.token,
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   c.ca,
			CertData: c.cert,
			KeyData:  c.key,
		},
	}, nil
}
