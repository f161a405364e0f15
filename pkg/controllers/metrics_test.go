package controllers_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/test/memorycluster"
)

func TestControllersTellWhatTheyDo(t *testing.T) {
	p := newPlatform(t)
	p.metricsAddress = freeAddress(t)
	p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	served := p.scrape()
	for _, start := range []string{
		`kubenova_target_clusters{state="connected"} 1`,
		`kubenova_target_clusters{state="away"} 0`,
		`kubenova_target_request_duration_seconds_count{code="200",method="PATCH"} `,
		`controller_runtime_reconcile_total{controller="tenant",result="success"} `,
		`workqueue_queue_duration_seconds_count{controller="app",`,
	} {
		if !strings.Contains(served, "\n"+start) {
			t.Errorf("not served: %s", start)
		}
	}
	if strings.Contains(served, memorycluster.Token) {
		t.Error("the metrics tell the credentials of a cluster")
	}
}

// TestMonitoringAsksForWhatIsServed holds the dashboard and the alert rules to the
// metrics that there are.
func TestMonitoringAsksForWhatIsServed(t *testing.T) {
	p := newPlatform(t)
	p.metricsAddress = freeAddress(t)
	p.start()
	p.create()
	eventually(t, "the app to run", func() bool { return p.running(1) })
	p.fetch(p.server.URL + "/api/v1/clusters")
	native, err := p.server.Client.Discovery().RESTClient().Get().AbsPath(metrics.Path).DoRaw(t.Context())
	p.must(err)
	served := p.scrape() + string(native)
	name := regexp.MustCompile(`\b(?:kubenova|apiserver|workqueue|controller_runtime|etcd|process)_[a-z_]+`)
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "artifacts", "monitoring", file))
		p.must(err)
		names := name.FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing", file)
		}
		for _, wanted := range names {
			if !strings.Contains(served, "\n"+wanted+"{") && !strings.Contains(served, "\n"+wanted+" ") {
				t.Errorf("%s asks for %s, which is not served", file, wanted)
			}
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func (p *platform) scrape() string {
	p.Helper()
	return p.fetch("http://" + p.metricsAddress + metrics.Path)
}

func (p *platform) fetch(url string) string {
	p.Helper()
	request, err := http.NewRequestWithContext(p.Context(), http.MethodGet, url, nil)
	p.must(err)
	response, err := http.DefaultClient.Do(request)
	p.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	p.must(err)
	return string(body)
}
