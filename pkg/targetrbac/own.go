package targetrbac

import rbacv1 "k8s.io/api/rbac/v1"

// OwnClusterRole is the name of the ClusterRole with what KubeNova itself needs.
const OwnClusterRole = "kubenova:agent"

// OwnRules are what KubeNova itself needs on a cluster, all of it but bootstrap and
// cleanup, which need an administrator. docs/clusters.md says what for.
func OwnRules() []rbacv1.PolicyRule {
	everything := append(reads(), writes()...)
	on := func(group string, verbs []string, resources ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: verbs}
	}
	return []rbacv1.PolicyRule{
		on("", everything, "namespaces"),
		on("", reads(), "pods", "services", "events"),
		on("", []string{"get"}, "pods/log"),
		// Of grants, in the namespace kubenova-access.
		on("", everything, "serviceaccounts", "secrets"),
		on("", []string{"create"}, "serviceaccounts/token"),
		on("apps", reads(), "deployments"),
		on("networking.k8s.io", everything, "networkpolicies"),
		on("capsule.clastix.io", everything, "tenants", "tenantowners"),
		on("capsule.clastix.io", reads(), "globalresourcequotas", "capsuleconfigurations"),
		on("core.oam.dev", everything, "applications"),
		on("core.oam.dev", reads(), "componentdefinitions", "traitdefinitions", "policydefinitions", "workflowstepdefinitions"),
		on("admissionregistration.k8s.io", reads(), "validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
		// Roles of members and deployers hold more than KubeNova does itself.
		on(rbacGroup, append(everything, "escalate", "bind"), "roles", "clusterroles"),
		on(rbacGroup, everything, "rolebindings"),
		// Apps are written as their project's deployer, and clusters/proxy acts as
		// its caller. RBAC knows no prefixes of names.
		on("", []string{"impersonate"}, "users", "groups"),
		on("authentication.k8s.io", []string{"impersonate"}, "userextras/*"),
	}
}
