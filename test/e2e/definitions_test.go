//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestMissingDefinitionIsRefused takes a definition off the cluster. It runs before
// the tests that run in parallel, which use it.
func TestMissingDefinitionIsRefused(t *testing.T) {
	p := open(t)
	app := p.newApp(t, "lacking", `{"name":"nightly","type":"cron-task","properties":{"image":"busybox:1","schedule":"0 0 1 1 *"}}`)
	const name = "cron-task"
	definition := p.kubectl(t, "", "get", "componentdefinitions.core.oam.dev", name, "-n", "vela-system", "-o", "json")
	p.kubectl(t, "", "delete", "componentdefinitions.core.oam.dev", name, "-n", "vela-system")
	restore := func() { p.kubectl(t, definition, "create", "-f", "-") }
	code, answer, err := p.tryREST("POST", app.path+":deploy", "")
	t.Logf("%d %s", code, answer)
	output, nativeErr := p.tryKubectl(t, `{"apiVersion":"kubenova.io/v1alpha1","kind":"AppDeploy"}`,
		"create", "--raw", "/apis/kubenova.io/v1alpha1/namespaces/kn-lacking--web/apps/hello/deploy", "-f", "-")
	restore()
	if err != nil || code != 422 || !strings.Contains(string(answer), `"field":"components[nightly].type"`) || !strings.Contains(string(answer), "no ComponentDefinition") {
		t.Errorf("the REST door says %d %s %v", code, answer, err)
	}
	if nativeErr == nil || !strings.Contains(output, "spec.components[nightly].type") {
		t.Errorf("the native door says %v %s", nativeErr, output)
	}
	p.rest(t, "POST", app.path+":deploy", "", 202, nil)
	eventually(t, "it runs with its definition", func() error { return p.runs(app.path, 1) })
}

// TestCatalogIsWhatClustersDefine looks for the cluster, and for the schemas that
// its KubeVela makes, in the catalog.
func TestCatalogIsWhatClustersDefine(t *testing.T) {
	p := open(t)
	t.Parallel()
	type item struct {
		Name     string
		Schema   struct{ Properties map[string]any }
		Clusters []string
	}
	for path, want := range map[string]struct{ item, property string }{
		"/catalog/components": {"webservice", "image"}, "/catalog/traits": {"hpa", "min"}, "/catalog/workflows": {"health", ""},
	} {
		eventually(t, path+" tells what the cluster defines", func() error {
			var items []item
			p.rest(t, "GET", path+"?limit=200", "", 200, &items)
			for _, i := range items {
				if _, described := i.Schema.Properties[want.property]; i.Name == want.item && slices.Contains(i.Clusters, "local") && described == (want.property != "") {
					t.Logf("%s: %d properties, on %v", i.Name, len(i.Schema.Properties), i.Clusters)
					return nil
				}
			}
			return fmt.Errorf("%s lacks %v: %+v", path, want, items)
		})
	}
}
