package render

import (
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const slotStrategy slot = "update-strategy"

func updateStrategy() rule {
	return object(fields{"strategy": object(
		fields{"type": oneOf("RollingUpdate", "Recreate", "OnDelete")},
		fields{"rollingStrategy": all(object(nil, fields{"maxSurge": amount, "maxUnavailable": amount, "partition": count}), progresses)},
	)}, target())
}

// translateUpdateStrategy refuses what the workload would ignore, and fills in
// what is left open.
func translateUpdateStrategy(t checkedTrait, c *component) (placedTrait, field.ErrorList) {
	properties, errs := aim(t, c.kind)
	if len(errs) > 0 {
		return placedTrait{}, errs
	}
	path := t.path.Child("properties", "strategy")
	strategy := properties["strategy"].(map[string]any)
	rolling, _ := strategy["rollingStrategy"].(map[string]any)
	if strategy["type"] == "OnDelete" && c.kind == deployment || strategy["type"] == "Recreate" && c.kind != deployment {
		return placedTrait{}, field.ErrorList{field.Invalid(path.Child("type"), strategy["type"], "is not for a "+string(c.kind))}
	}
	ignored := []string{"partition"}
	if c.kind == statefulSet {
		ignored = []string{"maxSurge", "maxUnavailable"}
	}
	for _, key := range ignored {
		if _, found := rolling[key]; found {
			errs = append(errs, field.Forbidden(path.Child("rollingStrategy", key), "is not for a "+string(c.kind)))
		}
	}
	if c.kind == daemonSet && rolling["maxSurge"] != nil && rolling["maxUnavailable"] != nil &&
		!isZero(rolling["maxSurge"]) && !isZero(rolling["maxUnavailable"]) {
		errs = append(errs, field.Invalid(path.Child("rollingStrategy", "maxSurge"), rolling["maxSurge"], "a DaemonSet takes maxSurge or maxUnavailable, not both"))
	}
	if strategy["type"] == "RollingUpdate" {
		return rollingUpdate(c.kind, rolling), errs
	}
	return placedTrait{typeName: traitStrategy, properties: properties}, errs
}
