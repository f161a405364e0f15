package bootstrap

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/registry"
)

// chartRegistry serves one chart as charts/sample:1.2.3 over TLS, in the form
// of the OCI distribution specification.
func chartRegistry(t *testing.T, archive []byte) *httptest.Server {
	t.Helper()
	digest := func(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }
	config := []byte(`{"name":"sample","version":"1.2.3"}`)
	descriptor := func(mediaType string, data []byte) map[string]any {
		return map[string]any{"mediaType": mediaType, "digest": digest(data), "size": len(data)}
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     manifestType,
		"config":        descriptor("application/vnd.cncf.helm.config.v1+json", config),
		"layers":        []any{descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive)},
	})
	if err != nil {
		t.Fatal(err)
	}
	served := map[string][]byte{
		"manifests/1.2.3":               manifest,
		"manifests/" + digest(manifest): manifest,
		"blobs/" + digest(config):       config,
		"blobs/" + digest(archive):      archive,
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.URL.Path, "/v2/charts/sample/")
		data, found := served[name]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Docker-Content-Digest", digest(data))
		w.Header().Set("Content-Type", "application/octet-stream")
		if strings.HasPrefix(name, "manifests/") {
			w.Header().Set("Content-Type", manifestType)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server
}

func TestLoadChartFromRegistry(t *testing.T) {
	server := chartRegistry(t, chartArchive(t))
	reference := "oci://" + strings.TrimPrefix(server.URL, "https://") + "/charts/sample"
	client := registry.ClientOptHTTPClient(server.Client())

	for _, source := range []ChartSource{{reference, "1.2.3"}, {reference + ":1.2.3", ""}} {
		chart, err := source.load(client)
		if err != nil || chart.Name() != "sample" || chart.Metadata.Version != "1.2.3" {
			t.Errorf("%+v: %+v, %v", source, chart, err)
		}
	}
	for _, source := range []ChartSource{{reference, "9.9.9"}, {reference + ":9.9.9", ""}, {reference, ""}} {
		if chart, err := source.load(client); err == nil {
			t.Errorf("%+v: loaded %+v", source, chart)
		}
	}
	if chart, err := (ChartSource{reference, "1.2.3"}).load(); err == nil {
		t.Errorf("loaded %+v from a registry with an unknown certificate", chart)
	}
}
