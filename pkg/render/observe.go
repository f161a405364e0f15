package render

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	slotLogging slot = "logging"
	slotMetrics slot = "metrics"
	// Definitions that KubeNova ships (artifacts/definitions).
	traitLogging = "kubenova-logging"
	traitMetrics = "kubenova-metrics"
	// envLevel and envFormat are the variables that kubenova-logging sets.
	envLevel, envFormat = "LOG_LEVEL", "LOG_FORMAT"
)

// logging accepts how the app logs: at what level, and in what format the lines
// are, for the app and for the collector.
func logging() rule {
	return object(nil, fields{
		"enabled": boolean,
		"level":   oneOf("debug", "info", "warn", "error"),
		"format":  oneOf("json", "logfmt", "text"),
	})
}

func translateLogging(t checkedTrait, _ *component) (placedTrait, field.ErrorList) {
	if t.properties["enabled"] == false {
		return placedTrait{}, nil
	}
	placed := placedTrait{typeName: traitLogging, properties: without(t.properties, "enabled")}
	if _, found := placed.properties["level"]; !found && t.typeName != traitLogging {
		placed.properties["level"] = "info"
		placed.defaults = []string{"level"}
	}
	return placed, nil
}

// settleLogging leaves out the variables that the app sets itself.
func settleLogging(c *component) {
	placed, found := c.traits[slotLogging]
	if !found {
		return
	}
	own := environment(c)
	if own[envLevel] {
		delete(placed.properties, "level")
		placed.defaults = nil
	}
	if own[envFormat] {
		delete(placed.properties, "format")
	}
	c.traits[slotLogging] = placed
}

// environment has the names of the variables that the app sets on a component.
func environment(c *component) map[string]bool {
	out := map[string]bool{}
	entries, _ := c.properties["env"].([]any)
	for _, entry := range entries {
		name, _ := entry.(map[string]any)["name"].(string)
		out[name] = true
	}
	more, _ := c.traits["env"].properties["env"].(map[string]any)
	for name := range more {
		out[name] = true
	}
	return out
}

// metrics accepts where the app shows its metrics: at /metrics of its first
// port, if it does not say.
func metrics() rule {
	return object(nil, fields{
		"enabled": boolean,
		"path":    matching(absolute, "an absolute path"),
		"port":    port,
	})
}

// metricsFit a component that listens somewhere.
func metricsFit(properties map[string]any, c *component) bool {
	_, named := properties["port"]
	_, listens := listeningPort(c)
	return named || listens || properties["enabled"] == false
}

func translateMetrics(t checkedTrait, c *component) (placedTrait, field.ErrorList) {
	if t.properties["enabled"] == false {
		return placedTrait{}, nil
	}
	placed := placedTrait{typeName: traitMetrics, properties: without(t.properties, "enabled")}
	if _, found := placed.properties["path"]; !found {
		placed.properties["path"] = "/metrics"
		placed.defaults = append(placed.defaults, "path")
	}
	if _, found := placed.properties["port"]; !found {
		placed.properties["port"], _ = listeningPort(c)
		placed.defaults = append(placed.defaults, "port")
	}
	return placed, nil
}

// without returns a copy of properties less one.
func without(properties map[string]any, key string) map[string]any {
	out := with(properties, nil)
	delete(out, key)
	return out
}
