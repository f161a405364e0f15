package metrics_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/kubenova/kubenova/pkg/metrics"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

// counted has something of everything counted, and returns what is served.
func counted(t *testing.T) string {
	t.Helper()
	m := metrics.New()
	m.REST().Observe(http.MethodGet, "/api/v1/clusters/{cluster}", http.StatusOK, 30*time.Millisecond)
	m.REST().Stream()
	done := m.REST().Stream()
	done()
	answers := m.Targets().Wrap(transport(func(request *http.Request) (*http.Response, error) {
		if request.Method == http.MethodPatch {
			return nil, errors.New("the connection broke")
		}
		return &http.Response{StatusCode: http.StatusConflict, Body: http.NoBody}, nil
	}))
	for _, method := range []string{http.MethodGet, http.MethodPatch} {
		request := httptest.NewRequestWithContext(t.Context(), method, "https://cluster.example.com/api/v1/pods?secret=canary", nil)
		if response, err := answers.RoundTrip(request); err == nil {
			_ = response.Body.Close()
		}
	}
	if err := m.CountClusters(func() (int, int) { return 3, 2 }); err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, metrics.Path, nil))
	return recorder.Body.String()
}

func TestWhatIsCounted(t *testing.T) {
	served := counted(t)
	for _, line := range []string{
		`kubenova_rest_request_duration_seconds_count{code="200",method="GET",route="/api/v1/clusters/{cluster}"} 1`,
		`kubenova_rest_request_duration_seconds_bucket{code="200",method="GET",route="/api/v1/clusters/{cluster}",le="0.025"} 0`,
		`kubenova_rest_request_duration_seconds_bucket{code="200",method="GET",route="/api/v1/clusters/{cluster}",le="0.05"} 1`,
		`kubenova_rest_open_streams 1`,
		`kubenova_target_request_duration_seconds_count{code="409",method="GET"} 1`,
		`kubenova_target_request_duration_seconds_count{code="none",method="PATCH"} 1`,
		`kubenova_target_clusters{state="connected"} 3`,
		`kubenova_target_clusters{state="away"} 2`,
	} {
		if !strings.Contains(served, line+"\n") {
			t.Errorf("not served: %s", line)
		}
	}
	if strings.Contains(served, "canary") || strings.Contains(served, "example.com") {
		t.Errorf("the metrics tell what was asked for:\n%s", served)
	}
}

// TestNamesFollowTheConventions has Prometheus' own linter read what is served.
func TestNamesFollowTheConventions(t *testing.T) {
	problems, err := promlint.New(strings.NewReader(counted(t))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestNothingIsCountedWithoutMetrics(t *testing.T) {
	var m *metrics.Metrics
	m.REST().Observe(http.MethodGet, "/", http.StatusOK, time.Second)
	m.REST().Stream()()
	if next := http.DefaultTransport; m.Targets().Wrap(next) != next {
		t.Error("the transport is wrapped")
	}
	if err := m.CountClusters(nil); err != nil {
		t.Error(err)
	}
}
