package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

var update = flag.Bool("update", false, "write the golden files")

func raw(s string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(s)} }

// testInput is the form of the files in testdata.
type testInput struct {
	App        v1alpha1.AppSpec       `json:"app"`
	PlanSets   []render.PlanPolicySet `json:"planSets"`
	PolicySets []v1alpha1.PolicySet   `json:"policySets"`
}

func parse(t testing.TB, data []byte) render.Input {
	t.Helper()
	var in testInput
	if err := yaml.UnmarshalStrict(data, &in); err != nil {
		t.Fatal(err)
	}
	return render.Input{App: &v1alpha1.App{Spec: in.App}, Tenant: "acme", Project: "web", PlanSets: in.PlanSets, PolicySets: in.PolicySets}
}

func TestRenderGolden(t *testing.T) {
	for _, file := range glob(t, "testdata/render/*.in.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := parse(t, data)
			before := in.App.DeepCopy()
			out, errs := render.Render(in)
			if len(errs) > 0 {
				t.Fatal(errs.ToAggregate())
			}
			if !reflect.DeepEqual(before, in.App) {
				t.Error("the app was changed")
			}
			golden(t, file, struct {
				Rendered v1alpha1.RenderedApp   `json:"rendered"`
				Origins  []v1alpha1.FieldOrigin `json:"origins,omitempty"`
			}{out.Rendered, out.Origins})
			renderedAgain(t, out.Rendered)
			origins(t, out)
		})
	}
}

// renderedAgain checks that what a revision runs is itself on the allow-list
// and renders to itself.
func renderedAgain(t *testing.T, out v1alpha1.RenderedApp) {
	t.Helper()
	if errs := render.Check(out); len(errs) > 0 {
		t.Errorf("the revision is refused: %v", errs)
	}
}

// TestCheckReadsWhatIsStored has the properties written as an API server stores them.
func TestCheckReadsWhatIsStored(t *testing.T) {
	in := v1alpha1.RenderedApp{Components: []v1alpha1.Component{{
		Name: "a", Type: "worker", Properties: &runtime.RawExtension{Raw: []byte(`{ "image":"a", "cmd":["\u003c\u0026"] }`)},
	}}}
	if errs := render.Check(in); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, in := range map[string]v1alpha1.RenderedApp{
		"a way out":     {Components: []v1alpha1.Component{{Name: "a", Type: "k8s-objects", Properties: raw(`{}`)}}},
		"a policy":      {Policies: []v1alpha1.Policy{{Name: "a", Type: "topology"}}},
		"a nameless":    {Policies: []v1alpha1.Policy{{Type: "apply-once"}}},
		"a catalog one": {Policies: []v1alpha1.Policy{{Name: "health", Type: "health"}}},
		"a range": {Components: []v1alpha1.Component{{Name: "a", Type: "worker", Properties: raw(`{"image":"a"}`),
			Traits: []v1alpha1.Trait{{Type: "scaler", Properties: raw(`{"min":1,"max":2}`)}}}}},
	} {
		if errs := render.Check(in); len(errs) == 0 {
			t.Errorf("%s was accepted", name)
		}
	}
}

// origins checks that every origin is of a field that the revision has, once.
func origins(t *testing.T, spec v1alpha1.AppRevisionSpec) {
	t.Helper()
	whole := diff(t, v1alpha1.AppRevisionSpec{}, spec)
	known := map[string]string{}
	for _, c := range whole {
		known[c.Path] = c.Origin
	}
	for _, o := range spec.Origins {
		if o.Path != "images" && o.Path != "network" && known[o.Path] != o.Origin {
			t.Errorf("%s comes from %q, but the diff says %q", o.Path, o.Origin, known[o.Path])
		}
	}
}
