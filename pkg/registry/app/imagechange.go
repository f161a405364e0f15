package app

import (
	"slices"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// imageChange gives a component an image.
type imageChange struct {
	component, image string
	// before is the spec that was changed last.
	before v1alpha1.AppSpec
}

func (c *imageChange) apply(app *v1alpha1.App) {
	c.before = *app.Spec.DeepCopy()
	spec := &app.Spec
	if !slices.ContainsFunc(spec.Components, func(e v1alpha1.Component) bool { return e.Name == c.component }) {
		spec.Components = append(spec.Components, v1alpha1.Component{Name: c.component, Type: "webservice"})
	}
	at := slices.IndexFunc(spec.Images, func(e v1alpha1.ComponentImage) bool { return e.Component == c.component })
	if at < 0 {
		spec.Images = append(spec.Images, v1alpha1.ComponentImage{Component: c.component, Image: c.image})
		return
	}
	spec.Images[at].Image = c.image
}

func (c *imageChange) clear(app *v1alpha1.App) {
	app.Spec.Images = slices.DeleteFunc(app.Spec.Images, func(e v1alpha1.ComponentImage) bool { return e.Component == c.component })
}

// reversal takes a change back, if the app is still at the version that it made.
type reversal struct {
	change  *imageChange
	version string
}

func (r reversal) apply(app *v1alpha1.App) {
	if app.ResourceVersion == r.version {
		app.Spec = *r.change.before.DeepCopy()
	}
}

func (reversal) clear(*v1alpha1.App) {}
