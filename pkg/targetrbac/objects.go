package targetrbac

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// OwnerClusterRole is what Capsule binds the owners of a tenant to in its
	// namespaces. It is not Kubernetes' own "admin", which may write NetworkPolicies
	// and RoleBindings.
	OwnerClusterRole = "kubenova:tenant-owner"
	// LabelRole marks what is bound to no tenant.
	LabelRole = "kubenova.io/role"

	rbacGroup            = "rbac.authorization.k8s.io"
	serviceAccountPrefix = "system:serviceaccount:"
)

// Roles lists the roles of members.
func Roles() []v1alpha1.MemberRole {
	return []v1alpha1.MemberRole{v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly}
}

// Name is the name of a role's Role and RoleBinding in a project's namespace.
func Name(role v1alpha1.MemberRole) string {
	switch role {
	case v1alpha1.RoleTenantOwner:
		return "kubenova-tenant-owner"
	case v1alpha1.RoleProjectDev:
		return "kubenova-project-dev"
	default:
		return "kubenova-read-only"
	}
}

// OwnerRole returns the ClusterRole OwnerClusterRole.
func OwnerRole() *unstructured.Unstructured {
	out := object("ClusterRole", "", OwnerClusterRole, map[string]string{LabelRole: string(v1alpha1.RoleTenantOwner)})
	out.Object["rules"] = encode(rulesOf(v1alpha1.RoleTenantOwner))
	return out
}

// For returns the Role and the RoleBinding of a role in a project, or nothing
// when no member has it.
func For(tenant string, project *v1alpha1.Project, role v1alpha1.MemberRole) []*unstructured.Unstructured {
	var subjects []any
	for _, member := range project.Spec.Access {
		if member.Role == role {
			subjects = append(subjects, subject(member))
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	namespace := v1alpha1.TargetNamespace(tenant, project.Name)
	labels := map[string]string{v1alpha1.LabelTenant: tenant, v1alpha1.LabelProject: project.Name}
	allowed := object("Role", namespace, Name(role), labels)
	allowed.Object["rules"] = encode(rulesOf(role))
	binding := object("RoleBinding", namespace, Name(role), labels)
	binding.Object["roleRef"] = map[string]any{"apiGroup": rbacGroup, "kind": "Role", "name": Name(role)}
	binding.Object["subjects"] = subjects
	return []*unstructured.Unstructured{allowed, binding}
}

// subject is a member as RBAC names it.
func subject(member v1alpha1.ProjectMember) map[string]any {
	if member.Kind == v1alpha1.SubjectServiceAccount {
		namespace, name, _ := strings.Cut(strings.TrimPrefix(member.Name, serviceAccountPrefix), ":")
		return map[string]any{"kind": "ServiceAccount", "namespace": namespace, "name": name}
	}
	kind := member.Kind
	if kind == "" {
		kind = v1alpha1.SubjectUser
	}
	return map[string]any{"apiGroup": rbacGroup, "kind": string(kind), "name": member.Name}
}

func encode(rules []rule) []any {
	out := make([]any, 0, len(rules))
	for _, r := range rules {
		out = append(out, map[string]any{
			"apiGroups": []any{r.group}, "resources": list(r.resources), "verbs": list(r.verbs),
		})
	}
	return out
}

func list(values []string) []any {
	out := make([]any, 0, len(values))
	for _, value := range values {
		out = append(out, value)
	}
	return out
}

func object(kind, namespace, name string, labels map[string]string) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetGroupVersionKind(schema.GroupVersionKind{Group: rbacGroup, Version: "v1", Kind: kind})
	out.SetNamespace(namespace)
	out.SetName(name)
	out.SetLabels(labels)
	return out
}
