package access

import (
	"slices"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Holds says whether the owners of a tenant and the members of its projects give
// a grant's subject the role that is granted, in every project that it is bound in.
func Holds(spec v1alpha1.AccessGrantSpec, tenant *v1alpha1.Tenant, projects []v1alpha1.Project) bool {
	for _, owner := range tenant.Spec.Owners {
		if is(spec, owner.Kind, owner.Name) {
			return true
		}
	}
	if OwnsTenant(spec) || len(spec.Projects) == 0 {
		return false
	}
	for _, name := range spec.Projects {
		member := slices.ContainsFunc(projects, func(p v1alpha1.Project) bool {
			return p.Name == name && isMember(spec, p.Spec.Access)
		})
		if !member {
			return false
		}
	}
	return true
}

func isMember(spec v1alpha1.AccessGrantSpec, members []v1alpha1.ProjectMember) bool {
	return slices.ContainsFunc(members, func(m v1alpha1.ProjectMember) bool {
		return is(spec, m.Kind, m.Name) && m.Role.Covers(spec.Role)
	})
}

// is compares a name of the kind Group with the groups, and any other with the user.
func is(spec v1alpha1.AccessGrantSpec, kind v1alpha1.SubjectKind, name string) bool {
	if kind == v1alpha1.SubjectGroup {
		return slices.Contains(spec.Groups, name)
	}
	return name == spec.Subject
}

// NamedGroups returns those of a user's groups that a tenant's owners or the
// members of its projects name.
func NamedGroups(groups []string, tenant *v1alpha1.Tenant, projects []v1alpha1.Project) []string {
	named := map[string]bool{}
	for _, owner := range tenant.Spec.Owners {
		named[owner.Name] = named[owner.Name] || owner.Kind == v1alpha1.SubjectGroup
	}
	for _, project := range projects {
		for _, member := range project.Spec.Access {
			named[member.Name] = named[member.Name] || member.Kind == v1alpha1.SubjectGroup
		}
	}
	var out []string
	for _, group := range groups {
		if named[group] && !slices.Contains(out, group) {
			out = append(out, group)
		}
	}
	return out
}
