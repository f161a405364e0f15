package render

import (
	"math"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// translation makes a trait of a workload what KubeVela has.
type translation func(t checkedTrait, c *component) (placedTrait, field.ErrorList)

// scaler accepts a number of replicas, or a range to scale in.
func scaler(value any, path *field.Path) field.ErrorList {
	if in, ok := value.(map[string]any); ok && in["replicas"] != nil {
		return object(fields{"replicas": count}, nil)(value, path)
	}
	if in, ok := value.(map[string]any); ok && len(in) == 0 {
		return field.ErrorList{field.Required(path.Child("replicas"), "or min and max")}
	}
	return all(object(fields{"min": replicas, "max": replicas}, nil), ordered)(value, path)
}

func replicas(value any, path *field.Path) field.ErrorList {
	return integer(1, math.MaxInt32)(value, path)
}

// ordered asks that min is not above max.
func ordered(value any, path *field.Path) field.ErrorList {
	in, _ := value.(map[string]any)
	low, hasLow := toInt(in["min"])
	high, hasHigh := toInt(in["max"])
	if hasLow && hasHigh && low > high {
		return field.ErrorList{field.Invalid(path.Child("max"), high, "must not be below min")}
	}
	return nil
}

// scaledAt is the share of the requested cpu, in percent, above which the
// catalog's scaler adds replicas.
const scaledAt = 80

// translateScaler makes a range an autoscaler: KubeVela's own scaler knows
// replicas alone, and would silently run one.
func translateScaler(t checkedTrait, c *component) (placedTrait, field.ErrorList) {
	if _, fixed := t.properties["replicas"]; fixed {
		return placedTrait{typeName: "scaler", properties: t.properties}, nil
	}
	return placedTrait{typeName: "hpa", defaults: []string{"cpu"}, properties: map[string]any{
		"min": t.properties["min"], "max": t.properties["max"],
		"cpu":              map[string]any{"type": "Utilization", "value": scaledAt},
		"targetAPIVersion": "apps/v1", "targetKind": string(c.kind),
	}}, nil
}

func autoscaler() rule {
	metric := object(fields{"value": integer(1, math.MaxInt32)}, fields{"type": oneOf("Utilization", "AverageValue")})
	return all(object(fields{"min": replicas, "max": replicas}, with(fields{"cpu": metric, "mem": metric}, target())), ordered)
}

// target is by which KubeVela's traits name the workload; it must be the one
// that the component becomes, and is filled in.
func target() fields {
	return fields{
		"targetAPIVersion": oneOf("apps/v1"),
		"targetKind":       oneOf(string(deployment), string(statefulSet), string(daemonSet)),
	}
}

func translateAutoscaler(t checkedTrait, c *component) (placedTrait, field.ErrorList) {
	properties, errs := aim(t, c.kind)
	return placedTrait{typeName: "hpa", properties: properties}, errs
}

// aim fills in the target of a trait.
func aim(t checkedTrait, kind workload) (map[string]any, field.ErrorList) {
	if named, found := t.properties["targetKind"]; found && named != string(kind) {
		return nil, field.ErrorList{field.Invalid(t.path.Child("properties", "targetKind"), named, "the component becomes a "+string(kind))}
	}
	return with(map[string]any{"targetAPIVersion": "apps/v1", "targetKind": string(kind)}, t.properties), nil
}

// resources accepts cpu and memory for requests and limits alike, or for each.
// KubeVela's definition ignores one without the other.
func resources(value any, path *field.Path) field.ErrorList {
	amount := fields{"cpu": cpu, "memory": memory}
	if in, ok := value.(map[string]any); ok && (in["requests"] != nil || in["limits"] != nil) {
		return object(nil, fields{"requests": object(amount, nil), "limits": object(amount, nil)})(value, path)
	}
	return object(amount, nil)(value, path)
}

// cpu accepts a quantity or a whole number.
func cpu(value any, path *field.Path) field.ErrorList {
	if _, ok := toInt(value); ok {
		return count(value, path)
	}
	return quantity(value, path)
}

// memory accepts what KubeVela's definition does.
func memory(value any, path *field.Path) field.ErrorList {
	form := regexp.MustCompile(`^[1-9][0-9]{0,17}(E|P|T|G|M|K|Ei|Pi|Ti|Gi|Mi|Ki)$`)
	return matching(form, "an amount with a unit, such as 512Mi")(value, path)
}
