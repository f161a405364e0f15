package render

import (
	"cmp"
	"slices"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// OriginApp is the origin of what the app itself says.
	OriginApp = "app"
	// OriginDefault is the origin of what nobody said.
	OriginDefault = "default"
)

// originsOf says where the fields come from that the app did not set, in the
// order of their paths.
func originsOf(components []*component, said statements) (out []v1alpha1.FieldOrigin) {
	add := func(path, origin string) {
		if origin != OriginApp {
			out = append(out, v1alpha1.FieldOrigin{Path: path, Origin: origin})
		}
	}
	for _, c := range components {
		below := "components" + bracket(c.name)
		for _, path := range sortedKeys(c.origins) {
			add(below+"."+path, c.origins[path])
		}
		for _, key := range sortedKeys(c.traits) {
			placed := c.traits[key]
			trait := below + ".traits" + bracket(placed.typeName)
			add(trait, placed.origin)
			for _, path := range placed.defaults {
				add(trait+".properties."+path, OriginDefault)
			}
		}
	}
	for _, p := range delivered(said.policies) {
		add("policies"+bracket(p.name), p.origin)
	}
	add("network", said.guards.network.origin)
	add("images", said.guards.images.origin)
	slices.SortFunc(out, func(a, b v1alpha1.FieldOrigin) int { return cmp.Compare(a.Path, b.Path) })
	return out
}
