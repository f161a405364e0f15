package render_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// TestDiffGolden compares the two revisions of each file, both ways.
func TestDiffGolden(t *testing.T) {
	for _, file := range glob(t, "testdata/diff/*.in.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var in struct {
				From v1alpha1.AppRevisionSpec `json:"from"`
				To   v1alpha1.AppRevisionSpec `json:"to"`
			}
			read(t, file, &in)
			var got struct {
				Forth []render.Change `json:"forth"`
				Back  []render.Change `json:"back"`
			}
			got.Forth = diff(t, in.From, in.To)
			got.Back = diff(t, in.To, in.From)
			golden(t, file, got)
			if changes := diff(t, in.To, in.To); len(changes) > 0 {
				t.Errorf("a revision differs from itself: %+v", changes)
			}
		})
	}
}

func diff(t testing.TB, from, to v1alpha1.AppRevisionSpec) []render.Change {
	t.Helper()
	changes, err := render.Diff(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// TestDiffHidesSecrets has a canary wherever a tenant may write a secret.
func TestDiffHidesSecrets(t *testing.T) {
	const canary = "canary-7f3a"
	for name, properties := range map[string]string{
		"env":            `{"env":[{"name":"DB_PASSWORD","value":"%"}]}`,
		"env of a trait": `{"env":{"API_TOKEN":"%"}}`,
		"short name":     `{"env":[{"name":"PASS","value":"%"}]}`,
		"api key":        `{"env":[{"name":"STRIPE_APIKEY","value":"%"}]}`,
		"header":         `{"livenessProbe":{"httpGet":{"httpHeaders":[{"name":"Authorization","value":"Basic %"}]}}}`,
		"annotation":     `{"annotations":{"example.com/auth-token":"%"}}`,
		"flag":           `{"args":["--password=%"]}`,
		"flag and value": `{"args":["--password","%"]}`,
		"shell":          `{"cmd":["sh","-c","export PASSWORD='%' && run"]}`,
		"url":            `{"env":[{"name":"DATABASE","value":"postgres://user:%@db/x"}]}`,
		"libpq":          `{"env":[{"name":"DATABASE","value":"host=db password=% user=a"}]}`,
		"json":           `{"env":[{"name":"CONFIG","value":"{\"password\": \"%\"}"}]}`,
		"jwt":            `{"env":[{"name":"LOGIN","value":"eyJhbGciOiJub25lIn0.%.x"}]}`,
		"private key":    `{"env":[{"name":"PEM","value":"-----BEGIN EC PRIVATE KEY-----\n%"}]}`,
	} {
		with := func(secret string) v1alpha1.AppRevisionSpec {
			return revisionOf(strings.ReplaceAll(properties, "%", secret))
		}
		for what, changes := range map[string][]render.Change{
			"added":   diff(t, v1alpha1.AppRevisionSpec{}, with(canary)),
			"removed": diff(t, with(canary), v1alpha1.AppRevisionSpec{}),
			"changed": diff(t, with(canary), with(canary+"-2")),
			"kept":    diff(t, with(canary), revisionOf(`{}`)),
		} {
			data, err := json.Marshal(changes)
			if err != nil {
				t.Fatal(err)
			}
			if len(changes) == 0 {
				t.Errorf("%s, %s: the change does not show", name, what)
			}
			if strings.Contains(string(data), canary) {
				t.Errorf("%s, %s: %s", name, what, data)
			}
		}
	}
}

// TestDiffShowsWhereSecretsAre has references, which are no secrets.
func TestDiffShowsWhereSecretsAre(t *testing.T) {
	changes := diff(t, v1alpha1.AppRevisionSpec{}, revisionOf(
		`{"env":[{"name":"PASSWORD","valueFrom":{"secretKeyRef":{"name":"db","key":"password"}}}],"volumes":[{"name":"a","type":"secret","secretName":"tls"}]}`))
	data, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"secretKeyRef":{"key":"password","name":"db"}`, `"secretName":"tls"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
}

func revisionOf(properties string) v1alpha1.AppRevisionSpec {
	return v1alpha1.AppRevisionSpec{Rendered: v1alpha1.RenderedApp{
		Components: []v1alpha1.Component{{Name: "a", Type: "webservice", Properties: raw(properties)}},
	}}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data %s: %v", pattern, err)
	}
	return files
}

func read(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		t.Fatal(err)
	}
}

// golden compares with the golden file of an input, or writes it.
func golden(t testing.TB, input string, value any) {
	t.Helper()
	got, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	file := strings.Replace(input, ".in.", ".golden.", 1)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(got) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
