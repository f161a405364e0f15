package membership

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/follow"
)

// scope is what a role holds in: a project, or a whole tenant where the project is empty.
type scope struct{ tenant, project string }

// roles holds the role of each subject that an object names.
type roles map[subject]v1alpha1.MemberRole

// named is a subject that an object names with its role, as the index keeps it: there
// are few for each object, which take less memory in a list.
type named struct {
	who  subject
	role v1alpha1.MemberRole
}

func (r roles) named() []named {
	list := make([]named, 0, len(r))
	for who, role := range r {
		list = append(list, named{who, role})
	}
	return list
}

// are says whether roles are those of a list.
func (r roles) are(list []named) bool {
	return len(r) == len(list) && !slices.ContainsFunc(list, func(n named) bool { return r[n.who] != n.role })
}

// ownersOf is what the index reads of the spec of a tenant, and accessOf of that of a
// project.
type (
	ownersOf struct {
		Owners []v1alpha1.Subject `json:"owners"`
	}
	accessOf struct {
		Access []v1alpha1.ProjectMember `json:"access"`
	}
)

// TenantPart is what the index reads of each tenant.
func TenantPart() follow.Part {
	return follow.PartOf(v1alpha1.SchemeGroupVersion, func(t *v1alpha1.Tenant, spec ownersOf) { t.Spec.Owners = spec.Owners })
}

// ProjectPart is what the index reads of each project.
func ProjectPart() follow.Part {
	return follow.PartOf(v1alpha1.SchemeGroupVersion, func(p *v1alpha1.Project, spec accessOf) { p.Spec.Access = spec.Access })
}

// read returns the scope that a tenant or project stands for and who has a role in it.
func read(obj runtime.Object) (scope, roles, error) {
	switch object := obj.(type) {
	case *v1alpha1.Tenant:
		return scope{tenant: object.Name}, owners(object.Spec.Owners), nil
	case *v1alpha1.Project:
		tenant, _, ok := v1alpha1.SplitNamespace(object.Namespace)
		if !ok {
			return scope{}, nil, fmt.Errorf("project %s/%s is not in the namespace of a tenant", object.Namespace, object.Name)
		}
		return scope{tenant: tenant, project: object.Name}, members(object.Spec.Access), nil
	}
	return scope{}, nil, fmt.Errorf("%T has no members", obj)
}

func owners(subjects []v1alpha1.Subject) roles {
	out := make(roles, len(subjects))
	for _, s := range subjects {
		if who, ok := subjectOf(s.Kind, s.Name); ok {
			out[who] = v1alpha1.RoleTenantOwner
		}
	}
	return out
}

func members(list []v1alpha1.ProjectMember) roles {
	out := make(roles, len(list))
	for _, m := range list {
		if who, ok := subjectOf(m.Kind, m.Name); ok && !out[who].Covers(m.Role) {
			out[who] = m.Role
		}
	}
	return out
}

func better(a, b v1alpha1.MemberRole) v1alpha1.MemberRole {
	if !a.Covers(b) {
		return b
	}
	return a
}
