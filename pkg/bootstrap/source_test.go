package bootstrap

import (
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	ociregistry "github.com/google/go-containerregistry/pkg/registry"
)

func TestLoadChart(t *testing.T) {
	folder := writeFiles(t, map[string]string{"Chart.yaml": "apiVersion: v2\nname: sample\nversion: 1.2.3\n"})
	older, chart := pack(t, folder, "1.2.2"), pack(t, folder, "1.2.3")
	oci, manifest := newRegistry(t, older, chart)
	repository := newRepository(t, older, chart)
	archive := repository + "/sample-1.2.3.tgz"

	for name, source := range map[string]ChartSource{
		"folder":                      {Reference: folder},
		"file":                        {Reference: chart.file},
		"file with a digest":          {Reference: chart.file, Digest: chart.digest},
		"URL":                         {Reference: archive, Digest: chart.digest},
		"registry by version":         {Reference: oci + "/sample", Version: "1.2.3", Digest: chart.digest},
		"registry by tag":             {Reference: oci + "/sample:1.2.3"},
		"registry by digest":          {Reference: oci + "/sample@" + manifest},
		"registry by tag and digest":  {Reference: oci + "/sample:1.2.3@" + manifest},
		"repository":                  {Reference: "sample", Repository: repository, Version: "1.2.3", Digest: chart.digest},
		"a version that is of no use": {Reference: folder, Version: "9.9.9"},
	} {
		loaded, err := source.load()
		if err != nil || loaded.Name() != "sample" || loaded.Metadata.Version != "1.2.3" {
			t.Errorf("%s: %+v, %v", name, loaded, err)
		}
	}
	untrusted := httptest.NewTLSServer(ociregistry.New(ociregistry.Logger(log.New(io.Discard, "", 0))))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer untrusted.Close()
	wrong := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		source ChartSource
		want   string
	}{
		"nothing":                    {ChartSource{}, ""},
		"no folder":                  {ChartSource{Reference: filepath.Join(folder, "missing")}, "not found"},
		"no archive":                 {ChartSource{Reference: repository + "/other.tgz"}, "404"},
		"folder with a digest":       {ChartSource{Reference: folder, Digest: wrong}, "no digest"},
		"file of another digest":     {ChartSource{Reference: chart.file, Digest: wrong}, chart.digest},
		"URL of another digest":      {ChartSource{Reference: archive, Digest: older.digest}, chart.digest},
		"registry: another digest":   {ChartSource{Reference: oci + "/sample", Version: "1.2.3", Digest: wrong}, chart.digest},
		"registry: another manifest": {ChartSource{Reference: oci + "/sample@" + wrong}, ""},
		"registry: no such version":  {ChartSource{Reference: oci + "/sample", Version: "9.9.9"}, ""},
		"registry: untrusted": {ChartSource{Reference: "oci://" + strings.TrimPrefix(untrusted.URL, "https://") + "/sample", Version: "1.2.3"},
			"certificate"},
		"repository: another digest":  {ChartSource{Reference: "sample", Repository: repository, Version: "1.2.3", Digest: wrong}, chart.digest},
		"repository: no such version": {ChartSource{Reference: "sample", Repository: repository, Version: "9.9.9"}, ""},
		"repository: a range":         {ChartSource{Reference: "sample", Repository: repository, Version: "1.2"}, "and not 1.2 as it should"},
	} {
		if loaded, err := test.source.load(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %+v, %v, want an error with %q", name, loaded, err, test.want)
		}
	}
}

func TestValuesOfAFile(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"values.yaml": "replicas: 2\nadmissionWebhooks: {enabled: false, failurePolicy: Fail}\n",
		"broken.yaml": "{",
	})
	ours := func() map[string]any {
		return map[string]any{"admissionWebhooks": map[string]any{"enabled": true}}
	}
	got, err := ChartSource{Values: filepath.Join(dir, "values.yaml")}.values(ours())
	want := map[string]any{"replicas": float64(2), "admissionWebhooks": map[string]any{"enabled": true, "failurePolicy": "Fail"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("values = %v, %v, want %v", got, err, want)
	}
	if got, err := (ChartSource{}).values(ours()); err != nil || !reflect.DeepEqual(got, ours()) {
		t.Errorf("without a file: %v, %v", got, err)
	}
	for _, file := range []string{"broken.yaml", "missing.yaml"} {
		if got, err := (ChartSource{Values: filepath.Join(dir, file)}).values(ours()); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v, %v", file, got, err)
		}
	}
}
