// Package hostrbac translates owners and members to what RBAC of the host cluster
// needs, so that kube-apiserver lets their requests for KubeNova through. What
// they may do there is decided by KubeNova itself.
package hostrbac

import (
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const (
	// LabelRole marks every object, with the role that it is for.
	LabelRole = "kubenova.io/role"

	namePrefix           = "kubenova-"
	projectOwnerPrefix   = "kubenova-project-owner-"
	serviceAccountPrefix = "system:serviceaccount:"
)

// Access is what is for one role in one namespace, in the order in which it is made.
type Access struct {
	Objects []client.Object
	// Wanted is false when nobody has the role, so that the objects must not be there.
	Wanted bool
}

// ForTenant returns the access of a tenant's owners in the tenant's namespace.
func ForTenant(tenant *v1alpha1.Tenant) []Access {
	owners := subjects(tenant.Spec.Owners)
	binding := bind(v1alpha1.TenantNamespace(tenant.Name), v1alpha1.RoleTenantOwner, owners)
	binding.Labels[v1alpha1.LabelTenant] = tenant.Name
	return []Access{{Objects: []client.Object{binding}, Wanted: len(owners) > 0}}
}

// ForProject returns the access of a tenant's owners and a project's members in
// the project's namespace, and that of those who own the project in the tenant's.
func ForProject(tenant string, owners []v1alpha1.Subject, project *v1alpha1.Project) []Access {
	all := []Access{forProjectOwners(tenant, project)}
	for _, role := range []v1alpha1.MemberRole{v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly} {
		who := members(project, role)
		if role == v1alpha1.RoleTenantOwner {
			who = append(subjects(owners), who...)
		}
		binding := bind(v1alpha1.ProjectNamespace(tenant, project.Name), role, who)
		label(binding, tenant, project.Name)
		all = append(all, Access{Objects: []client.Object{binding}, Wanted: len(who) > 0})
	}
	return all
}

// forProjectOwners lets those who own a project, and not its tenant, change it.
func forProjectOwners(tenant string, project *v1alpha1.Project) Access {
	who := members(project, v1alpha1.RoleTenantOwner)
	meta := metav1.ObjectMeta{
		Namespace: v1alpha1.TenantNamespace(tenant), Name: projectOwnerPrefix + project.Name,
		Labels: map[string]string{LabelRole: string(v1alpha1.RoleTenantOwner)},
	}
	role := &rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{v1alpha1.GroupName}, Resources: []string{"projects"}, ResourceNames: []string{project.Name},
		Verbs: []string{"update", "patch"},
	}}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: *meta.DeepCopy(), Subjects: who,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
	}
	label(role, tenant, project.Name)
	label(binding, tenant, project.Name)
	return Access{Objects: []client.Object{role, binding}, Wanted: len(who) > 0}
}

// ProjectOf returns the project whose owners an object in a tenant's namespace is for.
func ProjectOf(name string) (project string, ok bool) {
	return strings.CutPrefix(name, projectOwnerPrefix)
}

func bind(namespace string, role v1alpha1.MemberRole, who []rbacv1.Subject) *rbacv1.RoleBinding {
	clusterRole, name := clusterRoleOf(role)
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: namePrefix + name, Labels: map[string]string{LabelRole: string(role)}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterRole},
		Subjects:   who,
	}
}

// clusterRoleOf returns the ClusterRole of the chart for a role, and what
// bindings to it are called.
func clusterRoleOf(role v1alpha1.MemberRole) (clusterRole, name string) {
	switch role {
	case v1alpha1.RoleTenantOwner:
		return "kubenova-admin", "tenant-owner"
	case v1alpha1.RoleProjectDev:
		return "kubenova-edit", "project-dev"
	default:
		return "kubenova-view", "read-only"
	}
}

func label(object client.Object, tenant, project string) {
	labels := object.GetLabels()
	labels[v1alpha1.LabelTenant], labels[v1alpha1.LabelProject] = tenant, project
}

func subjects(owners []v1alpha1.Subject) (out []rbacv1.Subject) {
	for _, owner := range owners {
		out = append(out, subject(owner.Kind, owner.Name))
	}
	return out
}

func members(project *v1alpha1.Project, role v1alpha1.MemberRole) (out []rbacv1.Subject) {
	for _, member := range project.Spec.Access {
		if member.Role == role {
			out = append(out, subject(member.Kind, member.Name))
		}
	}
	return out
}

func subject(kind v1alpha1.SubjectKind, name string) rbacv1.Subject {
	if kind == v1alpha1.SubjectServiceAccount {
		namespace, account, _ := strings.Cut(strings.TrimPrefix(name, serviceAccountPrefix), ":")
		return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account}
	}
	if kind == "" {
		kind = v1alpha1.SubjectUser
	}
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: string(kind), Name: name}
}
