package render

import "regexp"

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
}

type policyType struct {
	properties rule
	// delivered policies go to KubeVela; the others are translated here.
	delivered bool
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
// stay within the component, and the catalog's scaler with min and max.
func traitTypes() map[string]traitType {
	scalable := []workload{deployment, statefulSet}
	running := []workload{deployment, statefulSet, daemonSet}
	every := []workload{deployment, statefulSet, daemonSet, job, cronJob}
	return map[string]traitType{
		"scaler":              {"scaling", scalable, scaler, translateScaler},
		"hpa":                 {"scaling", scalable, autoscaler(), translateAutoscaler},
		"k8s-update-strategy": {"update-strategy", running, updateStrategy(), translateUpdateStrategy},
		"annotations":         {"annotations", every, mapOf(freeKey, text), nil},
		"labels":              {"labels", every, mapOf(freeKey, labelValue), nil},
		"env": {"env", []workload{deployment, statefulSet, daemonSet, job}, object(
			fields{"env": mapOf(anyKey, text)},
			fields{"replace": boolean, "unset": list(nonEmpty)}), nil},
		"resource": {"resource", every, resources, nil},
	}
}

// policyTypes are the policies that tenants may use. A catalog rule without a
// translation is not here, and so is refused by name.
func policyTypes() map[string]policyType {
	return map[string]policyType{
		"apply-once": {object(nil, fields{"enable": boolean}), true},
		"health": {object(nil, fields{
			"probe":           oneOf("http", "tcp"),
			"path":            matching(regexp.MustCompile(`^/[!-~]*$`), "an absolute path"),
			"intervalSeconds": integer(1, 3600),
		}), false},
	}
}
