package facade

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// takeImages is for the components of a body that replaces an app. What an app
// shows as the image of a component can be an entry of its images, which wins
// over the component's properties. Sent back unchanged it stays such an entry,
// so that whoever set it keeps it; any other image in the body wins.
func takeImages(stored v1alpha1.AppSpec, components []v1alpha1.Component) ([]v1alpha1.Component, []v1alpha1.ComponentImage) {
	var images []v1alpha1.ComponentImage
	for _, entry := range stored.Images {
		at := slices.IndexFunc(components, func(c v1alpha1.Component) bool { return c.Name == entry.Component })
		if at < 0 {
			continue
		}
		properties, _ := fromProperties(components[at].Properties).(map[string]any)
		if properties["image"] != entry.Image {
			continue
		}
		images = append(images, entry)
		components[at].Properties = ownImage(properties, componentOf(stored, entry.Component))
	}
	return components, images
}

func componentOf(spec v1alpha1.AppSpec, name string) v1alpha1.Component {
	for _, c := range spec.Components {
		if c.Name == name {
			return c
		}
	}
	return v1alpha1.Component{}
}

// ownImage gives properties the image that the stored component has itself.
func ownImage(properties map[string]any, stored v1alpha1.Component) *runtime.RawExtension {
	before, _ := fromProperties(stored.Properties).(map[string]any)
	if own, found := before["image"]; found {
		properties["image"] = own
	} else {
		delete(properties, "image")
	}
	if len(properties) == 0 && stored.Properties == nil {
		return nil
	}
	out, problem := toProperties(properties, nil)
	if problem != nil {
		return stored.Properties
	}
	return out
}
