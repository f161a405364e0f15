// Package metrics is what KubeNova measures of itself, beside what k8s.io/apiserver
// and controller-runtime measure: the REST door and the requests to clusters.
// docs/operations.md lists all of it.
package metrics

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// namespace begins the name of every metric of KubeNova's own.
const namespace = "kubenova"

// Path is where metrics are served.
const Path = "/metrics"

// Metrics are those of one process. A nil one measures nothing.
type Metrics struct {
	registry *prometheus.Registry
	rest     *REST
	targets  *Targets
}

// New returns metrics that nothing has been counted in.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), rest: newREST(), targets: newTargets()}
	m.registry.MustRegister(m.rest.durations, m.rest.streams, m.targets.durations)
	return m
}

// REST are the metrics of the REST door.
func (m *Metrics) REST() *REST {
	if m == nil {
		return nil
	}
	return m.rest
}

// Targets are the metrics of the requests to clusters.
func (m *Metrics) Targets() *Targets {
	if m == nil {
		return nil
	}
	return m.targets
}

// CountClusters has count asked for the registered clusters with credentials at each
// scrape: those whose last probe was answered, and those that are away.
func (m *Metrics) CountClusters(count func() (connected, away int)) error {
	if m == nil {
		return nil
	}
	gauge := func(state string, value func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "target", Name: "clusters",
			Help:        "Registered clusters with credentials, by whether their last probe was answered (connected) or not (away).",
			ConstLabels: prometheus.Labels{"state": state},
		}, func() float64 { return float64(value()) })
	}
	return errors.Join(
		m.registry.Register(gauge("connected", func() int { connected, _ := count(); return connected })),
		m.registry.Register(gauge("away", func() int { _, away := count(); return away })),
	)
}

// Handler serves the metrics, and those of others, in Prometheus' formats. What one
// gatherer cannot tell does not keep back the others.
func (m *Metrics) Handler(others ...prometheus.Gatherer) http.Handler {
	gatherers := append(prometheus.Gatherers{m.registry}, others...)
	return promhttp.HandlerFor(gatherers, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
