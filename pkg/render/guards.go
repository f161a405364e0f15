package render

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	typeNetwork = "network"
	typeImage   = "image"
)

// guards are the policies that no other one overrules: all of them hold at once,
// so that whoever adds one can only make the result stricter.
type guards struct {
	network networkGuard
	images  imageGuard
}

// guardsOf joins the guards. Of two that say the same, the one of a plan or a
// policy set is named as the origin.
func guardsOf(policies []policy) guards {
	ordered := slices.Clone(policies)
	slices.SortStableFunc(ordered, func(a, b policy) int {
		if (a.origin == OriginApp) == (b.origin == OriginApp) {
			return 0
		}
		if a.origin == OriginApp {
			return 1
		}
		return -1
	})
	out := guards{networkGuard{origin: OriginApp}, imageGuard{origin: OriginApp}}
	for _, p := range ordered {
		switch p.typeName {
		case typeNetwork:
			out.network.add(p)
		case typeImage:
			out.images.add(p)
		}
	}
	return out
}

func network() rule {
	return object(nil, fields{"defaultDeny": boolean, "allowDNS": boolean, "allowMetrics": boolean})
}

// networkGuard denies when one policy does, and allows what all of those allow.
type networkGuard struct {
	deny, dns, metrics bool
	origin             string
}

func (g *networkGuard) add(p policy) {
	if p.properties["defaultDeny"] != true {
		return
	}
	dns, metrics := p.properties["allowDNS"] == true, p.properties["allowMetrics"] == true
	if !g.deny {
		*g = networkGuard{true, dns, metrics, p.origin}
		return
	}
	g.dns, g.metrics = g.dns && dns, g.metrics && metrics
}

func (g networkGuard) rendered() *v1alpha1.RenderedNetwork {
	if !g.deny {
		return nil
	}
	return &v1alpha1.RenderedNetwork{DefaultDeny: true, AllowDNS: g.dns, AllowMetrics: g.metrics}
}

func imageRule() rule {
	return object(nil, fields{
		"allowedRegistries": all(filled, list(registryName)),
		"requireSigned":     unsigned,
	})
}

// unsigned refuses to ask for signatures: nothing here verifies one, and to
// accept the wish would be to promise it.
func unsigned(value any, path *field.Path) field.ErrorList {
	if value == true {
		return field.ErrorList{field.Forbidden(path, "no verifier of image signatures is installed")}
	}
	return boolean(value, path)
}

// imageGuard allows the registries that every policy allows.
type imageGuard struct {
	limited    bool
	registries []string
	origin     string
	// policies say who allows what, for people; path is that of the last.
	policies []string
	path     *field.Path
}

func (g *imageGuard) add(p policy) {
	listed, found := p.properties["allowedRegistries"].([]any)
	if !found {
		return
	}
	var names []string
	for _, name := range listed {
		names = append(names, cleanRegistry(name.(string)))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if !g.limited {
		g.limited, g.registries, g.origin = true, names, p.origin
	} else {
		g.registries = common(g.registries, names)
	}
	g.policies = append(g.policies, p.origin+" allows "+strings.Join(names, ", "))
	g.path = p.path.Child("properties", "allowedRegistries")
}

func (g imageGuard) rendered() *v1alpha1.RenderedImages {
	if !g.limited {
		return nil
	}
	return &v1alpha1.RenderedImages{AllowedRegistries: g.registries}
}

// check refuses images that come from elsewhere.
func (g imageGuard) check(components []*component) (errs field.ErrorList) {
	if g.limited && len(g.registries) == 0 {
		return field.ErrorList{field.Invalid(g.path, field.OmitValueType{}, "no image is allowed: "+strings.Join(g.policies, ", and "))}
	}
	if !g.limited {
		return nil
	}
	for _, c := range components {
		image := c.properties["image"].(string)
		name, registry, err := imageName(image)
		if err == nil && slices.ContainsFunc(g.registries, func(allowed string) bool { return within(name, allowed) }) {
			continue
		}
		says := "comes from " + registry + ", but " + strings.Join(g.policies, ", and ")
		if err != nil {
			says = "must be the name of an image: " + err.Error()
		}
		errs = append(errs, field.Invalid(c.path.Child("properties", "image"), image, says))
	}
	return errs
}
