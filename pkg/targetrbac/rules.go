// Package targetrbac says what people may do on a cluster: the rules of each
// role, and the Roles and RoleBindings that give them in a project's namespace.
// Its functions are pure. docs/access.md shows the rules as a table.
package targetrbac

import "github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"

// rule is a line of a Role.
type rule struct {
	group     string
	resources []string
	verbs     []string
}

func reads() []string  { return []string{"get", "list", "watch"} }
func writes() []string { return []string{"create", "update", "patch", "delete", "deletecollection"} }

// rulesOf lists what a role may. Each role has what the one before it has. None
// of them may write Roles, RoleBindings, NetworkPolicies, ResourceQuotas or
// LimitRanges, ask for tokens of service accounts, or write anything of KubeVela:
// each of these would lead to more than the role.
func rulesOf(role v1alpha1.MemberRole) []rule {
	out := readRules()
	if role == v1alpha1.RoleProjectDev || role == v1alpha1.RoleTenantOwner {
		out = append(out, developRules()...)
	}
	if role == v1alpha1.RoleTenantOwner {
		out = append(out, ownRules()...)
	}
	return out
}

// readRules are those of readOnly. Secrets are not among them.
func readRules() []rule {
	return []rule{
		{"", []string{
			"configmaps", "endpoints", "events", "limitranges", "namespaces", "persistentvolumeclaims", "pods", "pods/log",
			"pods/status", "replicationcontrollers", "resourcequotas", "serviceaccounts", "services",
		}, reads()},
		{"apps", []string{"daemonsets", "deployments", "replicasets", "statefulsets"}, reads()},
		{"autoscaling", []string{"horizontalpodautoscalers"}, reads()},
		{"batch", []string{"cronjobs", "jobs"}, reads()},
		{"core.oam.dev", []string{"applications"}, reads()},
		{"discovery.k8s.io", []string{"endpointslices"}, reads()},
		{"events.k8s.io", []string{"events"}, reads()},
		{"metrics.k8s.io", []string{"pods"}, reads()},
		{"networking.k8s.io", []string{"ingresses", "networkpolicies"}, reads()},
		{"policy", []string{"poddisruptionbudgets"}, reads()},
	}
}

// developRules let a projectDev look into what runs and restart it. Workloads
// are changed through apps.
func developRules() []rule {
	return []rule{
		{"", []string{"pods/attach", "pods/exec", "pods/portforward"}, []string{"get", "create"}},
		{"", []string{"pods"}, []string{"delete"}},
		{"", []string{"configmaps"}, writes()},
	}
}

// ownRules let an owner run things beside apps.
func ownRules() []rule {
	return []rule{
		{"", []string{"secrets"}, reads()},
		{"", []string{"persistentvolumeclaims", "pods", "secrets", "serviceaccounts", "services"}, writes()},
		{"apps", []string{
			"daemonsets", "deployments", "deployments/scale", "replicasets", "statefulsets", "statefulsets/scale",
		}, writes()},
		{"autoscaling", []string{"horizontalpodautoscalers"}, writes()},
		{"batch", []string{"cronjobs", "jobs"}, writes()},
		{"networking.k8s.io", []string{"ingresses"}, writes()},
		{"policy", []string{"poddisruptionbudgets"}, writes()},
	}
}
