package render

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// WithImages returns the components of an app with the images that spec.images
// gives them. An image for a component that the app does not have stays unused:
// the two can have different owners.
func WithImages(spec v1alpha1.AppSpec) []v1alpha1.Component {
	if len(spec.Images) == 0 {
		return spec.Components
	}
	images := make(map[string]string, len(spec.Images))
	for _, image := range spec.Images {
		images[image.Component] = image.Image
	}
	out := make([]v1alpha1.Component, 0, len(spec.Components))
	for _, c := range spec.Components {
		if image, found := images[c.Name]; found {
			c.Properties = withImage(c.Properties, image)
		}
		out = append(out, c)
	}
	return out
}

// withImage sets the image of a component's properties. Properties that cannot be
// read are returned as they are, for the check to refuse.
func withImage(properties *runtime.RawExtension, image string) *runtime.RawExtension {
	fields := map[string]json.RawMessage{}
	if properties != nil && len(properties.Raw) > 0 {
		if err := json.Unmarshal(properties.Raw, &fields); err != nil || fields == nil {
			return properties
		}
	}
	quoted, err := json.Marshal(image)
	if err != nil {
		return properties
	}
	fields["image"] = quoted
	raw, err := json.Marshal(fields)
	if err != nil {
		return properties
	}
	return &runtime.RawExtension{Raw: raw}
}
