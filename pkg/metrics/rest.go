package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// REST are the metrics of the REST door.
type REST struct {
	durations *prometheus.HistogramVec
	streams   prometheus.Gauge
}

func newREST() *REST {
	return &REST{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "rest", Name: "request_duration_seconds",
			Help:    "Time from a request of the REST API to the end of its answer, by method, route and status code. Streams are not among them.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method", "route", "code"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "rest", Name: "open_streams",
			Help: "Watches and followed logs that the REST API is serving.",
		}),
	}
}

// Observe counts an answered request. The route is a pattern, never a path.
func (r *REST) Observe(method, route string, code int, took time.Duration) {
	if r != nil {
		r.durations.WithLabelValues(method, route, strconv.Itoa(code)).Observe(took.Seconds())
	}
}

// Stream counts a stream until done is called.
func (r *REST) Stream() (done func()) {
	if r == nil {
		return func() {}
	}
	r.streams.Inc()
	return r.streams.Dec
}
