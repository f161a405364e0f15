package render_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

func TestSuspendedGolden(t *testing.T) {
	for _, file := range glob(t, "testdata/suspended/*.in.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var in v1alpha1.RenderedApp
			read(t, file, &in)
			before := in.DeepCopy()
			out := render.Suspended(in)
			golden(t, file, out)
			if !reflect.DeepEqual(before, &in) {
				t.Error("the revision was changed")
			}
			if again := render.Suspended(in); !reflect.DeepEqual(again, out) {
				t.Error("not deterministic")
			}
		})
	}
}

// TestAppsCannotSuspendThemselves by the trait that KubeNova stops Jobs with.
func TestAppsCannotSuspendThemselves(t *testing.T) {
	app := v1alpha1.RenderedApp{Components: []v1alpha1.Component{{
		Name: "a", Type: "task", Properties: raw(`{"image":"a"}`), Traits: []v1alpha1.Trait{{Type: render.TraitSuspend}},
	}}}
	if errs := render.Check(app); len(errs) == 0 {
		t.Error("the trait is accepted")
	}
}
