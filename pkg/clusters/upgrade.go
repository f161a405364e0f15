package clusters

import (
	"fmt"
	"net/http"

	"k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/client-go/rest"
)

// Upgrader opens connections of their own for requests that become streams in both
// directions, with the same checks of addresses and the same authentication as all
// others. wrap adds headers before those of authentication.
func (c *Connection) Upgrader(config *rest.Config, wrap func(http.RoundTripper) http.RoundTripper) (proxy.UpgradeRequestRoundTripper, error) {
	authenticated, err := rest.HTTPWrappersForConfig(config, proxy.MirrorRequest)
	if err != nil {
		return nil, fmt.Errorf("preparing authentication: %w", err)
	}
	return proxy.NewUpgradeRequestRoundTripper(c.pool, wrap(authenticated)), nil
}
