package kubevela

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// DeployerGroup is the group of every deployer. KubeVela acts with the groups
	// of an Application's writer whose names begin with "kubevela:".
	DeployerGroup = "kubevela:kubenova-deployers"
	deployerName  = "kubenova-deployer"
	rbacGroup     = "rbac.authorization.k8s.io"
)

// DeployerUser is the identity that writes the Applications of a project, and
// so the one that KubeVela acts as. It may do in the project's namespace what
// DeployerRole says, and nothing anywhere else.
func DeployerUser(tenant, project string) string {
	return "kubenova:deployer:" + tenant + ":" + project
}

// DeployerRole returns the Role of a project's deployer: Applications, and what
// the component types and traits that tenants may use become.
func DeployerRole(tenant, project string) *unstructured.Unstructured {
	out := namespaced("Role", tenant, project)
	out.Object["rules"] = []any{
		rule(GroupName, "applications", "applications/status"),
		rule("apps", "deployments", "statefulsets", "daemonsets"),
		rule("batch", "jobs", "cronjobs"),
		rule("autoscaling", "horizontalpodautoscalers"),
		rule("", "services", "configmaps"),
	}
	return out
}

// DeployerBinding gives DeployerRole to the project's deployer.
func DeployerBinding(tenant, project string) *unstructured.Unstructured {
	out := namespaced("RoleBinding", tenant, project)
	out.Object["roleRef"] = map[string]any{"apiGroup": rbacGroup, "kind": "Role", "name": deployerName}
	out.Object["subjects"] = []any{
		map[string]any{"apiGroup": rbacGroup, "kind": "User", "name": DeployerUser(tenant, project)},
	}
	return out
}

func rule(group string, resources ...string) map[string]any {
	return map[string]any{
		"apiGroups": []any{group},
		"resources": anySlice(resources),
		"verbs":     anySlice([]string{"get", "list", "watch", "create", "update", "patch", "delete"}),
	}
}

func namespaced(kind, tenant, project string) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetGroupVersionKind(schema.GroupVersionKind{Group: rbacGroup, Version: "v1", Kind: kind})
	out.SetNamespace(v1alpha1.TargetNamespace(tenant, project))
	out.SetName(deployerName)
	out.SetLabels(map[string]string{v1alpha1.LabelTenant: tenant, v1alpha1.LabelProject: project})
	return out
}

func anySlice(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}
