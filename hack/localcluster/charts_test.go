package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A chart with all that real ones bring: a missing dependency, a CRD, a hook
// and a workload.
var testChart = map[string]string{
	"Chart.yaml":               "apiVersion: v2\nname: demo\nversion: 0.0.0\ndependencies: [{name: other, version: 1.0.0}]\n",
	"values.yaml":              "greeting: hello\n",
	"crds/things.yaml":         "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: things.demo.io}\nspec: {group: demo.io, names: {kind: Thing}}\n",
	"crds/things.patch":        "not: {{ yaml\n",
	"templates/NOTES.txt":      "Thank you\n",
	"templates/config.yaml":    "kind: ConfigMap\napiVersion: v1\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\ndata: {greeting: {{ .Values.greeting }}, minor: '{{ .Capabilities.KubeVersion.Minor }}'}\n",
	"templates/hook.yaml":      "kind: ConfigMap\napiVersion: v1\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-install}}\n",
	"templates/deployment.yml": "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: demo}\n",
}

func TestRenderKeepsTheWantedKinds(t *testing.T) {
	dir := t.TempDir()
	for name, content := range testChart {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := release{chart: dir, name: "mine", namespace: "there", kinds: []string{"ConfigMap"}, values: map[string]any{"greeting": "ciao"}}
	crds, objects, err := r.render()
	if err != nil {
		t.Fatal(err)
	}
	if len(crds) != 1 || len(objects) != 1 {
		t.Fatalf("rendered %d CRDs and %d objects", len(crds), len(objects))
	}
	if kind, err := definedKind(crds[0]); err != nil || kind.String() != "Thing.demo.io" {
		t.Errorf("the CRD defines %s, %v", kind, err)
	}
	data, _ := objects[0].Object["data"].(map[string]any)
	if objects[0].GetName() != "mine" || data["greeting"] != "ciao" || data["minor"] != "37" {
		t.Errorf("rendered %v", objects[0].Object)
	}
}
