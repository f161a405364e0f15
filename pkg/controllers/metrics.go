package controllers

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	controllermetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kubenova/kubenova/pkg/metrics"
)

// Gatherer has what controller-runtime measures: queues and reconciliations.
func Gatherer() prometheus.Gatherer { return controllermetrics.Registry }

// serveMetrics serves the metrics of the controllers and their queues, also while
// another replica leads.
func serveMetrics(mgr manager.Manager, o Options) error {
	if o.MetricsAddress == "" {
		return nil
	}
	listener, err := net.Listen("tcp", o.MetricsAddress)
	if err != nil {
		return fmt.Errorf("listening for metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle(metrics.Path, o.Metrics.Handler(Gatherer()))
	return mgr.Add(&manager.Server{
		Name:     "metrics",
		Listener: listener,
		Server:   &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 90 * time.Second},
	})
}
