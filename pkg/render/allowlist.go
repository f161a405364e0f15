package render

import "slices"

// workload is the kind of object that a component becomes.
type workload string

const (
	deployment  workload = "Deployment"
	statefulSet workload = "StatefulSet"
	daemonSet   workload = "DaemonSet"
	job         workload = "Job"
	cronJob     workload = "CronJob"
)

type componentType struct {
	kind       workload
	properties rule
}

type traitType struct {
	// slot that the trait takes: a component has one trait for each.
	slot slot
	// kinds of workload that the trait can apply to.
	kinds      []workload
	properties rule
	// translate makes the trait what KubeVela has; nil leaves it as it is.
	translate translation
	// fits says whether the trait can apply to a component of these kinds; nil
	// means to all. needs says when, for people.
	fits  func(properties map[string]any, c *component) bool
	needs string
	// yields says that the trait leaves the slot to one that is bluegreen.
	yields bool
	// internal traits are what render makes of others; apps cannot name them.
	internal bool
}

type policyType struct {
	properties rule
	// delivered policies go to KubeVela; the others are translated here.
	delivered bool
	// trait that the policy becomes on the components that it fits.
	trait *traitType
}

// componentTypes are the component types of KubeVela 1.10.9 that tenants may
// use, with exactly the properties that its definitions have (KubeVela drops
// others silently). Left out on purpose:
// hostPath volumes, node ports and external names, and the host of a probe,
// which would make the kubelet send requests anywhere.
func componentTypes() map[string]componentType {
	return map[string]componentType{
		"webservice": {deployment, container(podMeta(), ports("containerPort"), arguments(), aliases(), mounts("subPath"), probes("scheme"), fields{
			"limit": object(nil, fields{"cpu": quantity, "memory": quantity}),
		})},
		"worker":      {deployment, container(mounts(), probes())},
		"statefulset": {statefulSet, container(podMeta(), ports("containerPort"), arguments(), aliases(), mounts("subPath"), probes("scheme"))},
		"daemon":      {daemonSet, container(podMeta(), ports(), aliases(), mounts(), probes("scheme"))},
		"task": {job, container(podMeta(), probes(), fields{
			"count": count, "restart": oneOf("Never", "OnFailure"),
		})},
		"cron-task": {cronJob, all(requires("schedule"), container(podMeta(), aliases(), mounts("subPath"), probes(), fields{
			"schedule":                   nonEmpty,
			"startingDeadlineSeconds":    count,
			"suspend":                    boolean,
			"concurrencyPolicy":          oneOf("Allow", "Forbid", "Replace"),
			"successfulJobsHistoryLimit": count,
			"failedJobsHistoryLimit":     count,
			"count":                      count,
			"restart":                    oneOf("Never", "OnFailure"),
			"ttlSecondsAfterFinished":    count,
			"activeDeadlineSeconds":      count,
			"backoffLimit":               count,
		}))},
	}
}

// traitTypes are the traits that tenants may use: those of KubeVela 1.10.9 that
// stay within the component, and the catalog's scaler with min and max, logging
// and metrics.
func traitTypes() map[string]traitType {
	scalable := []workload{deployment, statefulSet}
	running := []workload{deployment, statefulSet, daemonSet}
	every := []workload{deployment, statefulSet, daemonSet, job, cronJob}
	log := traitType{slot: slotLogging, kinds: every, properties: logging(), translate: translateLogging}
	measure := traitType{
		slot: slotMetrics, kinds: running, properties: metrics(), translate: translateMetrics,
		fits: metricsFit, needs: "with a port",
	}
	strategy := traitType{slot: slotStrategy, kinds: running, properties: updateStrategy(), translate: translateUpdateStrategy}
	return map[string]traitType{
		"scaler":              {slot: "scaling", kinds: scalable, properties: scaler, translate: translateScaler},
		"hpa":                 {slot: "scaling", kinds: scalable, properties: autoscaler(), translate: translateAutoscaler},
		traitStrategy:         strategy,
		traitKubenovaStrategy: internal(strategy),
		"annotations":         {slot: "annotations", kinds: every, properties: mapOf(freeKey, text)},
		"labels":              {slot: "labels", kinds: every, properties: mapOf(freeKey, labelValue)},
		"env": {slot: "env", kinds: []workload{deployment, statefulSet, daemonSet, job}, properties: object(
			fields{"env": mapOf(anyKey, text)},
			fields{"replace": boolean, "unset": list(nonEmpty)})},
		"resource":   {slot: "resource", kinds: every, properties: resources},
		"logging":    log,
		traitLogging: internal(log),
		"metrics":    measure,
		traitMetrics: internal(measure),
	}
}

func internal(t traitType) traitType {
	t.internal = true
	return t
}

// policyTypes are the policies that tenants may use. A catalog rule without a
// translation is not here, and so is refused by name.
func policyTypes() map[string]policyType {
	return map[string]policyType{
		"apply-once": {properties: object(nil, fields{"enable": boolean}), delivered: true},
		typeHealth:   {properties: health()},
		typeRollout:  {properties: rollout(), trait: rolloutTrait()},
		typeNetwork:  {properties: network()},
		typeImage:    {properties: imageRule()},
	}
}

// ComponentTypes lists the component types that apps may use.
func ComponentTypes() []string { return sortedKeys(componentTypes()) }

// TraitTypes lists the trait types that apps may use.
func TraitTypes() []string {
	types := traitTypes()
	return slices.DeleteFunc(sortedKeys(types), func(name string) bool { return types[name].internal })
}

// DefinitionOf is the definition on a cluster that a type of trait rests on.
func DefinitionOf(trait string) string {
	switch trait {
	case "logging":
		return traitLogging
	case "metrics":
		return traitMetrics
	}
	return trait
}

// PolicyTypes lists the policy types that apps may use.
func PolicyTypes() []string { return sortedKeys(policyTypes()) }
