package render

import (
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// registryForm is a host that can be told from a path, and a path.
var registryForm = regexp.MustCompile(`^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9.-]+:[0-9]{1,5})(:[0-9]{1,5})?(/[a-z0-9._-]+)*/?$`)

// registryName accepts a registry, with a path or without.
func registryName(value any, path *field.Path) field.ErrorList {
	return matching(registryForm, "a registry, such as ghcr.io or registry.example.com:5000/team")(value, path)
}

// cleanRegistry writes a registry as the names of its images begin.
func cleanRegistry(name string) string {
	name = strings.TrimSuffix(name, "/")
	if host, rest, _ := strings.Cut(name, "/"); host == "index.docker.io" {
		return strings.TrimSuffix("docker.io/"+rest, "/")
	}
	return name
}

// imageName returns the full name of an image without its tag and digest, and
// the registry that it comes from: nginx is docker.io/library/nginx.
func imageName(image string) (name, registry string, err error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return "", "", err
	}
	return named.Name(), reference.Domain(named), nil
}

// within says whether a name lies below a registry or path.
func within(name, above string) bool {
	return name == above || strings.HasPrefix(name, above+"/")
}

// common returns what lies within both lists.
func common(a, b []string) (out []string) {
	for _, x := range a {
		for _, y := range b {
			switch {
			case within(x, y):
				out = append(out, x)
			case within(y, x):
				out = append(out, y)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
