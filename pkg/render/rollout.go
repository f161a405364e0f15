package render

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	typeRollout = "rollout"
	// Definitions of traits that change how pods are replaced. KubeVela's own takes
	// percentages alone; KubeNova's (artifacts/definitions) has the same properties
	// and takes numbers of pods as well.
	traitStrategy         = "k8s-update-strategy"
	traitKubenovaStrategy = "kubenova-update-strategy"
)

var percentForm = regexp.MustCompile(`^(100|[1-9]?[0-9])%$`)

// amount accepts a number of pods or a share of them.
func amount(value any, path *field.Path) field.ErrorList {
	if _, ok := value.(json.Number); ok {
		return count(value, path)
	}
	return matching(percentForm, "a number, or a percentage such as 25%")(value, path)
}

func isZero(amount any) bool {
	if n, ok := toInt(amount); ok {
		return n == 0
	}
	return amount == "0%"
}

// rollout accepts how an app is updated.
func rollout() rule {
	return all(filled, object(nil, fields{
		"strategy":       oneOf("rolling", "bluegreen"),
		"maxUnavailable": amount, "maxSurge": amount,
		"batchPartition": integer(0, math.MaxInt32),
	}), progresses, greenIsWhole)
}

// progresses refuses an update that may neither add nor take away a pod.
func progresses(value any, path *field.Path) field.ErrorList {
	in := value.(map[string]any)
	if isZero(in["maxSurge"]) && isZero(in["maxUnavailable"]) {
		return field.ErrorList{field.Invalid(path.Child("maxUnavailable"), in["maxUnavailable"], "must not be 0 while maxSurge is")}
	}
	return nil
}

// greenIsWhole refuses to take old pods away before the new ones are all there.
func greenIsWhole(value any, path *field.Path) field.ErrorList {
	in := value.(map[string]any)
	if in["strategy"] != "bluegreen" {
		return nil
	}
	if unavailable, found := in["maxUnavailable"]; found && !isZero(unavailable) {
		return field.ErrorList{field.Invalid(path.Child("maxUnavailable"), unavailable, "must be 0 with the strategy bluegreen")}
	}
	if isZero(in["maxSurge"]) {
		return field.ErrorList{field.Invalid(path.Child("maxSurge"), in["maxSurge"], "must not be 0 with the strategy bluegreen")}
	}
	return nil
}

// rolloutTrait is what a rollout policy becomes on the components it fits: the
// partition of a StatefulSet, and the surge and unavailability of the others.
func rolloutTrait() *traitType {
	return &traitType{
		slot: slotStrategy, kinds: []workload{deployment, statefulSet, daemonSet}, translate: translateRollout,
		fits: rolloutFits, needs: "a StatefulSet by batchPartition, the others by strategy, maxSurge and maxUnavailable", yields: true,
	}
}

func rolloutFits(properties map[string]any, c *component) bool {
	_, batch := properties["batchPartition"]
	_, surge := properties["maxSurge"]
	_, unavailable := properties["maxUnavailable"]
	switch c.kind {
	case statefulSet:
		return batch
	case daemonSet:
		// A DaemonSet takes one of the two.
		both := surge && unavailable && !isZero(properties["maxSurge"]) && !isZero(properties["maxUnavailable"])
		return !both && (surge || unavailable || properties["strategy"] != nil)
	default:
		return surge || unavailable || properties["strategy"] != nil
	}
}

// checkRollouts refuses what the app itself asks for and none of its components
// can do.
func checkRollouts(components []*component, policies []policy) (errs field.ErrorList) {
	for _, p := range policies {
		if p.typeName != typeRollout || p.origin != OriginApp || len(components) == 0 {
			continue
		}
		for _, key := range sortedKeys(p.properties) {
			usable := slices.ContainsFunc(components, func(c *component) bool {
				return (c.kind == statefulSet) == (key == "batchPartition") && slices.Contains(rolloutTrait().kinds, c.kind)
			})
			if !usable {
				errs = append(errs, field.Invalid(p.path.Child("properties", key), p.properties[key], "is for no component of the app; "+rolloutTrait().wants()))
			}
		}
	}
	return errs
}

func translateRollout(t checkedTrait, c *component) (placedTrait, field.ErrorList) {
	asked := map[string]any{}
	if c.kind == statefulSet {
		asked["partition"] = t.properties["batchPartition"]
	} else {
		for _, key := range []string{"maxSurge", "maxUnavailable"} {
			if value, found := t.properties[key]; found {
				asked[key] = value
			}
		}
	}
	bluegreen := t.properties["strategy"] == "bluegreen" && c.kind != statefulSet
	if bluegreen {
		asked = with(asked, map[string]any{"maxSurge": "100%"})
		asked["maxUnavailable"] = "0%"
	}
	placed := rollingUpdate(c.kind, asked)
	placed.bluegreen = bluegreen
	return placed, nil
}

// rollingUpdate is the trait of a rolling update, with the defaults of Kubernetes
// filled in: KubeVela's definitions fail without, or make a DaemonSet that the
// API server refuses, with surge and unavailability both above zero.
func rollingUpdate(kind workload, asked map[string]any) placedTrait {
	rolling := with(asked, rollingDefaults(kind, asked))
	placed := placedTrait{typeName: strategyFor(rolling, kind), properties: map[string]any{
		"targetAPIVersion": "apps/v1", "targetKind": string(kind),
		"strategy": map[string]any{"type": "RollingUpdate", "rollingStrategy": rolling},
	}}
	for _, key := range sortedKeys(rolling) {
		if _, found := asked[key]; !found {
			placed.defaults = append(placed.defaults, "strategy.rollingStrategy."+key)
		}
	}
	return placed
}

// strategyFor is the definition that takes these amounts.
func strategyFor(rolling map[string]any, kind workload) string {
	if kind == statefulSet {
		return traitStrategy
	}
	for _, value := range rolling {
		if _, number := toInt(value); number {
			return traitKubenovaStrategy
		}
	}
	return traitStrategy
}

func rollingDefaults(kind workload, asked map[string]any) map[string]any {
	switch {
	case kind == statefulSet:
		return map[string]any{"partition": 0}
	case kind == deployment:
		return map[string]any{"maxSurge": "25%", "maxUnavailable": "25%"}
	case asked["maxSurge"] != nil && !isZero(asked["maxSurge"]):
		return map[string]any{"maxSurge": "25%", "maxUnavailable": "0%"}
	case asked["maxUnavailable"] != nil && isZero(asked["maxUnavailable"]):
		return map[string]any{"maxSurge": "25%", "maxUnavailable": "0%"}
	default:
		return map[string]any{"maxSurge": "0%", "maxUnavailable": "25%"}
	}
}
