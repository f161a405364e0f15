package otlp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/pkg/traces/otlp"
)

func TestConfigurations(t *testing.T) {
	if tracer, err := otlp.New("", "test"); tracer != nil || err != nil {
		t.Errorf("without a file: %v, %v", tracer, err)
	}
	const begin = "apiVersion: apiserver.config.k8s.io/v1\nkind: TracingConfiguration\n"
	for config, problem := range map[string]string{
		begin + "samplingRatePerMillion: 100\n":     "",
		begin + "samplingRatePerMillion: 1000001\n": "one million",
		begin + "endpoint: http://localhost:4317\n": "unsupported scheme",
		begin + "sampling: 1\n":                     "unknown field",
		"kind: Other\n":                             "decode",
	} {
		file := filepath.Join(t.TempDir(), "tracing.yaml")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		tracer, err := otlp.New(file, "test")
		if problem == "" && (err != nil || tracer == nil || tracer.Shutdown(t.Context()) != nil) {
			t.Errorf("%q: %v, %v", config, tracer, err)
		}
		if problem != "" && (err == nil || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%q: %v", config, err)
		}
	}
	if _, err := otlp.New(filepath.Join(t.TempDir(), "none"), "test"); err == nil {
		t.Error("a file that is not there is no problem")
	}
}
