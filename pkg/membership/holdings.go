package membership

import (
	"iter"
	"slices"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// maxFew is how many roles a subject has in a list; more are in maps.
const maxFew = 8

// holdings are the roles of one subject. There is a subject or more for each tenant,
// most have one role, and a list of one takes a tenth of the memory of maps of one.
type holdings struct {
	few []holding
	// many has the roles of those with more than a few, by tenant; nil for the others.
	many map[string]map[string]v1alpha1.MemberRole
	size int
}

type holding struct {
	at   scope
	role v1alpha1.MemberRole
}

func (h *holdings) len() int { return h.size }

// get returns the role in a scope; empty for none.
func (h *holdings) get(at scope) v1alpha1.MemberRole {
	if h.many != nil {
		return h.many[at.tenant][at.project]
	}
	if i := h.index(at); i >= 0 {
		return h.few[i].role
	}
	return ""
}

// in says whether there is a role in a tenant or in a project of it.
func (h *holdings) in(tenant string) bool {
	if h.many != nil {
		return len(h.many[tenant]) > 0
	}
	return slices.ContainsFunc(h.few, func(o holding) bool { return o.at.tenant == tenant })
}

// set gives a role in a scope, and says whether there was none before.
func (h *holdings) set(at scope, role v1alpha1.MemberRole) (added bool) {
	if h.many == nil && len(h.few) == maxFew && h.index(at) < 0 {
		h.spread()
	}
	before := h.size
	switch i := h.index(at); {
	case h.many != nil:
		h.put(at, role)
	case i >= 0:
		h.few[i].role = role
	default:
		h.few = append(h.few, holding{at, role})
		h.size++
	}
	return h.size > before
}

// remove takes the role in a scope away.
func (h *holdings) remove(at scope) {
	if h.many == nil {
		h.few = slices.DeleteFunc(h.few, func(o holding) bool { return o.at == at })
		h.size = len(h.few)
		return
	}
	projects := h.many[at.tenant]
	if _, ok := projects[at.project]; !ok {
		return
	}
	h.size--
	delete(projects, at.project)
	if len(projects) == 0 {
		delete(h.many, at.tenant)
	}
}

// all yields the roles, in no order.
func (h *holdings) all() iter.Seq2[scope, v1alpha1.MemberRole] {
	return func(yield func(scope, v1alpha1.MemberRole) bool) {
		for _, o := range h.few {
			if !yield(o.at, o.role) {
				return
			}
		}
		for tenant, projects := range h.many {
			for project, role := range projects {
				if !yield(scope{tenant: tenant, project: project}, role) {
					return
				}
			}
		}
	}
}

func (h *holdings) index(at scope) int {
	return slices.IndexFunc(h.few, func(o holding) bool { return o.at == at })
}

// spread moves a list into maps.
func (h *holdings) spread() {
	few := h.few
	h.few, h.size, h.many = nil, 0, map[string]map[string]v1alpha1.MemberRole{}
	for _, o := range few {
		h.put(o.at, o.role)
	}
}

func (h *holdings) put(at scope, role v1alpha1.MemberRole) {
	projects, ok := h.many[at.tenant]
	if !ok {
		projects = map[string]v1alpha1.MemberRole{}
		h.many[at.tenant] = projects
	}
	if _, ok := projects[at.project]; !ok {
		h.size++
	}
	projects[at.project] = role
}
