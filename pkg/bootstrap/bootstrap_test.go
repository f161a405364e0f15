package bootstrap

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

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
	if errs := (&Options{}).Validate(); len(errs) != 4 {
		t.Errorf("errors = %v, want one of each field", errs)
	}
	digest := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		source ChartSource
		want   string // a part of the error, or nothing
	}{
		"folder":                    {ChartSource{Reference: "/charts/capsule"}, ""},
		"archive with a digest":     {ChartSource{Reference: "https://a/b.tgz", Digest: digest}, ""},
		"registry with a version":   {ChartSource{Reference: "oci://a:5000/b", Version: "1.2.3"}, ""},
		"registry with a tag":       {ChartSource{Reference: "oci://a:5000/b:1.2.3"}, ""},
		"registry with a digest":    {ChartSource{Reference: "oci://a:5000/b@" + digest}, ""},
		"registry and no version":   {ChartSource{Reference: "oci://a:5000/b"}, "--x-version"},
		"registry and a range":      {ChartSource{Reference: "oci://a/b", Version: "^1.2"}, "--x-version"},
		"repository":                {ChartSource{Reference: "b", Repository: "https://a", Version: "1.2.3-rc.1"}, ""},
		"repository and no version": {ChartSource{Reference: "b", Repository: "https://a"}, "--x-version"},
		"repository of OCI":         {ChartSource{Reference: "b", Repository: "oci://a", Version: "1.2.3"}, "--x-repository"},
		"digest of another kind":    {ChartSource{Reference: "/c", Digest: "sha512:ab"}, "--x-digest"},
		"digest in capitals":        {ChartSource{Reference: "/c", Digest: "sha256:" + strings.Repeat("A", 64)}, "--x-digest"},
	} {
		err := errors.Join(test.source.validate("x")...)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}
