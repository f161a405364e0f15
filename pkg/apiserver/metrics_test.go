package apiserver_test

import (
	"net/http"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func TestMetricsTellOfTheRESTDoor(t *testing.T) {
	server := testserver.Start(t)
	for _, path := range []string{"/api/v1/clusters", "/api/v1/clusters/of-a-secret-name"} {
		request := must2(http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil))(t)
		if err := must2(http.DefaultClient.Do(request))(t).Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	served := string(must2(server.Client.Discovery().RESTClient().Get().AbsPath(metrics.Path).DoRaw(t.Context()))(t))
	for _, line := range []string{
		`kubenova_rest_request_duration_seconds_count{code="200",method="GET",route="/api/v1/clusters"} 1`,
		`kubenova_rest_request_duration_seconds_count{code="404",method="GET",route="/api/v1/clusters/{cluster}"} 1`,
		`apiserver_request_total{`,
	} {
		if !strings.Contains(served, "\n"+line) {
			t.Errorf("not served: %s", line)
		}
	}
	if strings.Contains(served, "of-a-secret-name") {
		t.Error("the metrics tell the names that were asked for")
	}
	anonymous := must2(versioned.NewForConfig(rest.AnonymousClientConfig(server.Admin)))(t)
	_, err := anonymous.Discovery().RESTClient().Get().AbsPath(metrics.Path).DoRaw(t.Context())
	if !apierrors.IsUnauthorized(err) && !apierrors.IsForbidden(err) {
		t.Errorf("anyone is served the metrics: %v", err)
	}
}
