package bootstrap

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestInstallNotSupported(t *testing.T) {
	for _, component := range []v1alpha1.ComponentName{v1alpha1.ComponentProxy, "unknown"} {
		_, err := (&Installer{}).Install(context.Background(), &rest.Config{}, component, ChartSource{})
		if !errors.Is(err, ErrNotSupported) {
			t.Errorf("%s: %v, want ErrNotSupported", component, err)
		}
	}
}

func TestSubjectOf(t *testing.T) {
	for name, want := range map[string]subject{
		"system:serviceaccount:ns:name": {"ServiceAccount", "system:serviceaccount:ns:name"},
		"admin@example.com":             {"User", "admin@example.com"},
		"system:admin":                  {"User", "system:admin"},
	} {
		if got := subjectOf(name); got != want {
			t.Errorf("subjectOf(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestCapsuleValuesKeepEveryone(t *testing.T) {
	self, other := subject{"User", "kubenova"}, subject{"User", "other"}
	owner := subject{"Group", "owners"}
	options := func(values map[string]any) (administrators, users []any) {
		options := values["manager"].(map[string]any)["options"].(map[string]any)
		return options["administrators"].([]any), options["users"].([]any)
	}
	entry := func(kind, name string) any { return map[string]any{"kind": kind, "name": name} }

	administrators, users := options(capsuleValues(self, []subject{other, self}, []subject{owner}))
	if want := []any{entry("User", "other"), entry("User", "kubenova")}; !reflect.DeepEqual(administrators, want) {
		t.Errorf("administrators = %v, want %v", administrators, want)
	}
	if want := []any{entry("Group", "owners"), entry("Group", capsuleGroup), entry("Group", accessGroup)}; !reflect.DeepEqual(users, want) {
		t.Errorf("users = %v, want %v", users, want)
	}
}

func configuration(name string, spec map[string]any) unstructured.Unstructured {
	return unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"name": name}, "spec": spec,
	}}
}

func TestAdmit(t *testing.T) {
	self := subject{"User", "kubenova"}
	owner := map[string]any{"kind": "User", "name": "owner", "note": "kept"}
	c := configuration("default", map[string]any{"users": []any{owner}, "forceTenantPrefix": false})

	changed, err := admit(&c, self)
	if err != nil || !changed {
		t.Fatalf("admit = %t, %v, want a change", changed, err)
	}
	want := map[string]any{
		"administrators":    encodeSubjects([]subject{self}),
		"users":             []any{owner, map[string]any{"kind": "Group", "name": accessGroup}},
		"forceTenantPrefix": false,
	}
	if !reflect.DeepEqual(c.Object["spec"], want) {
		t.Errorf("spec = %v, want %v", c.Object["spec"], want)
	}
	if changed, err := admit(&c, self); err != nil || changed {
		t.Errorf("a second admit = %t, %v, want no change", changed, err)
	}

	broken := configuration("default", map[string]any{"administrators": []any{"text"}})
	if _, err := admit(&broken, self); err == nil {
		t.Error("a broken configuration was changed")
	}
}

func TestChooseConfiguration(t *testing.T) {
	a, b, standard := configuration("a", nil), configuration("b", nil), configuration("default", nil)
	for _, test := range []struct {
		name  string
		items []unstructured.Unstructured
		want  string
		err   bool
	}{
		{name: "none"},
		{name: "one", items: []unstructured.Unstructured{a}, want: "a"},
		{name: "the default among others", items: []unstructured.Unstructured{a, standard}, want: "default"},
		{name: "two others", items: []unstructured.Unstructured{a, b}, err: true},
	} {
		got, err := chooseConfiguration(test.items)
		name := ""
		if got != nil {
			name = got.GetName()
		}
		if name != test.want || (err != nil) != test.err {
			t.Errorf("%s: %q, %v", test.name, name, err)
		}
	}
}

const chartYAML = "apiVersion: v2\nname: sample\nversion: 1.2.3\n"

func chartArchive(t *testing.T) []byte {
	t.Helper()
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	files := tar.NewWriter(zipped)
	header := &tar.Header{Name: "sample/Chart.yaml", Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(chartYAML))}
	if err := files.WriteHeader(header); err != nil {
		t.Fatal(err)
	}
	_, err := files.Write([]byte(chartYAML))
	if err := errors.Join(err, files.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestLoadChart(t *testing.T) {
	archive, folder := chartArchive(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "Chart.yaml"), []byte(chartYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sample-1.2.3.tgz")
	if err := os.WriteFile(file, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sample-1.2.3.tgz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive)
	}))
	defer server.Close()

	for _, reference := range []string{folder, file, server.URL + "/sample-1.2.3.tgz"} {
		chart, err := ChartSource{Reference: reference}.load()
		if err != nil || chart.Name() != "sample" || chart.Metadata.Version != "1.2.3" {
			t.Errorf("%s: %+v, %v", reference, chart, err)
		}
	}
	for _, reference := range []string{"", filepath.Join(folder, "missing"), server.URL + "/other.tgz"} {
		if chart, err := (ChartSource{Reference: reference}).load(); err == nil {
			t.Errorf("%q: loaded %+v", reference, chart)
		}
	}
}

func TestChartCRDs(t *testing.T) {
	chart := &v2.Chart{Metadata: &v2.Metadata{Name: "sample"}, Files: []*common.File{
		{Name: "crds/two.yaml", Data: []byte("# comment\n---\nkind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\n")},
		{Name: "crds/two.patch", Data: []byte("{{ template }}")},
	}}
	crds, err := chartCRDs(chart)
	if err != nil || len(crds) != 2 || crds[0].GetName() != "a" || crds[1].GetName() != "b" {
		t.Errorf("crds = %v, %v", crds, err)
	}
	chart.Files[0].Data = []byte("{")
	if _, err := chartCRDs(chart); err == nil {
		t.Error("a broken CRD was read")
	}
}

func TestOptionsValidate(t *testing.T) {
	if errs := NewOptions().Validate(); len(errs) > 0 {
		t.Errorf("the defaults are invalid: %v", errs)
	}
	if errs := (&Options{}).Validate(); len(errs) != 3 {
		t.Errorf("errors = %v, want one of each field", errs)
	}
}
