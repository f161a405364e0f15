package render

import (
	"encoding/json"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Check says why a revision may not run: it must be what Render could have
// returned. A revision can be written by other ways than a deploy.
func Check(rendered v1alpha1.RenderedApp) field.ErrorList {
	app := &v1alpha1.App{Spec: v1alpha1.AppSpec{Components: rendered.Components, Policies: rendered.Policies}}
	again, errs := Render(Input{App: app})
	if len(errs) == 0 && !same(rendered, again) {
		errs = append(errs, field.Invalid(field.NewPath("spec"), field.OmitValueType{}, "is not in the form that a deploy gives it"))
	}
	return errs
}

// same compares what the JSON of two revisions says: how it is written depends
// on who stored it.
func same(a, b v1alpha1.RenderedApp) bool {
	decodedA, errA := generic(a)
	decodedB, errB := generic(b)
	return errA == nil && errB == nil && reflect.DeepEqual(decodedA, decodedB)
}

func generic(rendered v1alpha1.RenderedApp) (out any, err error) {
	data, err := json.Marshal(rendered)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(data, &out)
	return out, err
}
