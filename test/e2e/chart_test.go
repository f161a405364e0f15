//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubenova/kubenova/test/chart"
)

// TestChart has the host cluster judge every object of the chart, without
// storing any.
func TestChart(t *testing.T) {
	p := open(t)
	documents, _, err := chart.Release{
		Dir: filepath.Join(p.root, "charts", "kubenova"), Name: "kubenova", Namespace: "kubenova-system",
		Values: map[string]any{"etcd": map[string]any{"endpoints": []any{"https://etcd:2379"}, "tlsSecret": "etcd"}},
	}.Render()
	if err != nil {
		t.Fatal(err)
	}
	output := p.kubectl(t, strings.Join(documents, "---\n"),
		"apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-")
	if got := strings.Count(output, "(server dry run)"); got != len(documents) {
		t.Errorf("%d of %d objects were accepted:\n%s", got, len(documents), output)
	}
	if strings.Contains(output, "Warning:") {
		t.Errorf("the host cluster warns:\n%s", output)
	}
}
