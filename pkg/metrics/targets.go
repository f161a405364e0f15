package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Targets are the metrics of registered clusters. They do not tell clusters apart:
// conditions of Cluster do, and a thousand clusters would be a thousand histograms.
type Targets struct {
	durations *prometheus.HistogramVec
}

func newTargets() *Targets {
	return &Targets{
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "target", Name: "request_duration_seconds",
			Help:    "Time from a request to a registered cluster to the headers of its answer, by method and status code; the code is none where there was no answer.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "code"}),
	}
}

// Wrap measures the requests that go through next.
func (t *Targets) Wrap(next http.RoundTripper) http.RoundTripper {
	if t == nil {
		return next
	}
	return &measured{next: next, durations: t.durations}
}

type measured struct {
	next      http.RoundTripper
	durations *prometheus.HistogramVec
}

// RoundTrip implements http.RoundTripper.
func (m *measured) RoundTrip(request *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := m.next.RoundTrip(request)
	code := "none"
	if err == nil {
		code = strconv.Itoa(response.StatusCode)
	}
	m.durations.WithLabelValues(request.Method, code).Observe(time.Since(began).Seconds())
	return response, err
}

// WrappedRoundTripper lets client-go find the pool behind.
func (m *measured) WrappedRoundTripper() http.RoundTripper { return m.next }
