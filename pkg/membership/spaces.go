package membership

// Project is a project of a tenant.
type Project struct{ Tenant, Name string }

// space is what the index knows of the projects of one tenant, whoever is a member.
type space struct {
	projects map[string]struct{}
	// changed is the version at which the last one came or went.
	changed uint64
}

// come notes that a project was made at a version.
func (x *Index) come(at scope, version uint64) {
	s, ok := x.spaces[at.tenant]
	if !ok {
		s = &space{projects: map[string]struct{}{}}
		x.spaces[at.tenant] = s
	}
	s.projects[at.project] = struct{}{}
	s.changed = max(s.changed, version)
}

// gone notes that a project was deleted at a version. A tenant without any is
// forgotten: all count as changed then.
func (x *Index) gone(at scope, version uint64) {
	s, ok := x.spaces[at.tenant]
	if !ok {
		return
	}
	delete(s.projects, at.project)
	s.changed = max(s.changed, version)
	if len(s.projects) == 0 {
		x.spacesFloor = max(x.spacesFloor, s.changed)
		delete(x.spaces, at.tenant)
	}
}

// Projects returns every project that a view sees and the version since which
// they are these, at the latest. The view must be of now.
func (x *Index) Projects(v View) (projects []Project, changed uint64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	changed, seen := x.spacesFloor, map[Project]struct{}{}
	add := func(p Project) {
		if _, ok := seen[p]; !ok {
			seen[p] = struct{}{}
			projects = append(projects, p)
		}
	}
	for _, part := range v.parts {
		for tenant := range part.owned {
			if s, ok := x.spaces[tenant]; ok {
				changed = max(changed, s.changed)
				for name := range s.projects {
					add(Project{Tenant: tenant, Name: name})
				}
			}
		}
		for at := range part.projects {
			add(Project{Tenant: at.tenant, Name: at.project})
		}
	}
	return projects, changed
}
