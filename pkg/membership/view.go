package membership

import (
	"maps"
	"slices"

	"k8s.io/apiserver/pkg/authentication/user"
)

// View is what a user could see at one moment. It never changes.
type View struct {
	parts []*sight
	// Changed is the version since which the user sees what it sees, at the latest.
	Changed uint64
	// generation tells this view from those before and after it.
	generation uint64
}

// sight is what one subject sees. It never changes.
type sight struct {
	// owned are whole tenants, seen those of which anything is seen.
	owned, seen map[string]struct{}
	projects    map[scope]struct{}
}

// View returns what a user can see now.
func (x *Index) View(u user.Info) View {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.view(u)
}

func (x *Index) view(u user.Info) View {
	view := View{Changed: x.floor}
	for who := range subjectsOf(u) {
		e, ok := x.subjects[who]
		if !ok {
			continue
		}
		view.Changed = max(view.Changed, e.changed)
		view.generation = max(view.generation, e.generation)
		if e.roles.len() > 0 {
			view.parts = append(view.parts, e.sight())
		}
	}
	return view
}

// Current says whether a user still sees what it saw with a view.
func (x *Index) Current(u user.Info, view View) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	generation := uint64(0)
	for who := range subjectsOf(u) {
		if e, ok := x.subjects[who]; ok {
			generation = max(generation, e.generation)
		}
	}
	return generation == view.generation
}

func (e *entry) sight() *sight {
	if e.shared != nil {
		return e.shared
	}
	s := &sight{owned: map[string]struct{}{}, seen: map[string]struct{}{}, projects: map[scope]struct{}{}}
	for at := range e.roles.all() {
		s.seen[at.tenant] = struct{}{}
		if at.project == "" {
			s.owned[at.tenant] = struct{}{}
		} else {
			s.projects[at] = struct{}{}
		}
	}
	e.shared = s
	return s
}

// Empty says that nothing can be seen.
func (v View) Empty() bool { return len(v.parts) == 0 }

// Tenants returns the tenants that can be seen, in no order.
func (v View) Tenants() []string {
	seen := map[string]struct{}{}
	for _, part := range v.parts {
		maps.Copy(seen, part.seen)
	}
	return slices.Collect(maps.Keys(seen))
}

// Tenant says whether a tenant can be seen.
func (v View) Tenant(name string) bool {
	for _, part := range v.parts {
		if _, ok := part.seen[name]; ok {
			return true
		}
	}
	return false
}

// Project says whether a project of a tenant can be seen.
func (v View) Project(tenant, name string) bool {
	for _, part := range v.parts {
		if _, ok := part.owned[tenant]; ok {
			return true
		}
		if _, ok := part.projects[scope{tenant: tenant, project: name}]; ok {
			return true
		}
	}
	return false
}
