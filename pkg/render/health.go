package render

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const typeHealth = "health"

// absolute is the form of a path in a URL.
var absolute = regexp.MustCompile(`^/[!-~]*$`)

func health() rule {
	return object(nil, fields{
		"probe":           oneOf("http", "tcp"),
		"path":            matching(absolute, "an absolute path"),
		"intervalSeconds": integer(1, 3600),
	})
}

// addProbes gives every long-running component with a port the probes that the
// last health policy asks for, unless it has its own.
func addProbes(components []*component, policies []policy) (errs field.ErrorList) {
	for _, p := range policies {
		if p.typeName != typeHealth {
			continue
		}
		applied := false
		for _, c := range components {
			listens, found := listeningPort(c)
			if !found || c.kind == job || c.kind == cronJob {
				continue
			}
			applied = true
			for _, key := range []string{"livenessProbe", "readinessProbe"} {
				c.addProbe(key, p, listens)
			}
		}
		if !applied && p.origin == OriginApp && len(components) > 0 {
			errs = append(errs, field.Invalid(p.path.Child("type"), p.typeName, "applies to long-running components with a port only"))
		}
	}
	return errs
}

// addProbe sets a probe that the component does not have of its own.
func (c *component) addProbe(key string, p policy, listens any) {
	path := "properties." + key
	_, there := c.properties[key]
	if _, ours := c.origins[path]; there && !ours {
		return
	}
	probe, defaults := probeOf(p.properties, listens)
	c.properties[key] = probe
	c.origins[path] = p.origin
	for _, below := range []string{"periodSeconds", "httpGet.path"} {
		delete(c.origins, path+"."+below)
	}
	for _, below := range defaults {
		c.origins[path+"."+below] = OriginDefault
	}
}

// probeOf is the probe that a health policy describes: every 10 s a GET of /,
// or what it says instead.
func probeOf(health map[string]any, listens any) (probe map[string]any, defaults []string) {
	probe = map[string]any{"periodSeconds": 10}
	if every, found := health["intervalSeconds"]; found {
		probe["periodSeconds"] = every
	} else {
		defaults = append(defaults, "periodSeconds")
	}
	if health["probe"] == "tcp" {
		probe["tcpSocket"] = map[string]any{"port": listens}
		return probe, defaults
	}
	path := health["path"]
	if path == nil {
		path = "/"
		defaults = append(defaults, "httpGet.path")
	}
	probe["httpGet"] = map[string]any{"path": path, "port": listens}
	return probe, defaults
}

// listeningPort is the first TCP port of a component's container.
func listeningPort(c *component) (any, bool) {
	entries, found := c.properties["ports"].([]any)
	if !found {
		listens, found := c.properties["port"]
		return listens, found
	}
	for _, entry := range entries {
		e := entry.(map[string]any)
		if protocol, named := e["protocol"]; named && protocol != "TCP" {
			continue
		}
		if inside, found := e["containerPort"]; found {
			return inside, true
		}
		return e["port"], true
	}
	return nil, false
}
