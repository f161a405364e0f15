package apiserver

import (
	"slices"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/kubenova/kubenova/pkg/metrics"
)

// serveMetrics has /metrics tell of KubeNova as well. The handler that is there tells
// of what is registered for the whole process only, where several servers may run.
func (c *Config) serveMetrics(generic *genericapiserver.GenericAPIServer) {
	mux := generic.Handler.NonGoRestfulMux
	if !slices.Contains(mux.ListedPaths(), metrics.Path) {
		return // metrics are switched off
	}
	mux.Unregister(metrics.Path)
	mux.Handle(metrics.Path, c.Metrics.Handler(append(c.MoreMetrics, legacyregistry.DefaultGatherer)...))
}
