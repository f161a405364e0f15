package membership

import (
	"context"
	"sync"
	"sync/atomic"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Index says who has which role in which tenants and projects. It holds one
// entry for each owner and member that an object names, and not the objects.
type Index struct {
	clock clock.PassiveClock
	// liveUntil is when what the index knows becomes too old, in Unix nanoseconds.
	liveUntil atomic.Int64
	// asked holds a request to come further.
	asked chan struct{}

	mu       sync.RWMutex
	feeds    [kinds]state
	advanced chan struct{}
	objects  [kinds]map[scope]record
	subjects map[subject]*entry
	// spaces are the projects of each tenant that has any, and spacesFloor the
	// version below which it is not known which there were.
	spaces      map[string]*space
	spacesFloor uint64
	// generation counts the changes of what anyone can see.
	generation uint64
	// floor is the version below which it is not known what changed for whom.
	floor uint64
	past  past
}

// kind of object that names subjects.
type kind int

const (
	tenants kind = iota
	projects
	kinds
)

// record is what the index keeps of one object.
type record struct {
	version uint64
	named   []named
}

// entry is what the index knows of one subject.
type entry struct {
	roles holdings
	// changed is the version of the last change of what the subject can see, and
	// generation the number of that change.
	changed, generation uint64
	// shared is an immutable copy of what can be seen; nil until someone asks.
	shared *sight
	open   map[*Subscription]struct{}
}

// NewIndex returns an index that is empty until it is fed.
func NewIndex() *Index { return newIndex(clock.RealClock{}) }

func newIndex(c clock.PassiveClock) *Index {
	x := &Index{clock: c, asked: make(chan struct{}, 1), advanced: make(chan struct{}), subjects: map[subject]*entry{}, spaces: map[string]*space{}}
	for k := range x.objects {
		x.objects[k] = map[scope]record{}
	}
	return x
}

// Access is what a user has in a tenant, and in one project of it.
type Access struct {
	// Owner says that the user owns the tenant.
	Owner bool
	// Member says that the user owns the tenant or has a role in any of its projects.
	Member bool
	// Role in the project that was asked for; empty for none.
	Role v1alpha1.MemberRole
}

// Access returns what a user has in a tenant and, unless it is empty, a project.
func (x *Index) Access(u user.Info, tenant, project string) Access {
	x.mu.RLock()
	defer x.mu.RUnlock()
	access := Access{}
	x.addAccess(subject{name: u.GetName()}, tenant, project, &access)
	for _, group := range u.GetGroups() {
		x.addAccess(subject{group: true, name: group}, tenant, project, &access)
	}
	return access
}

func (x *Index) addAccess(who subject, tenant, project string, access *Access) {
	e, ok := x.subjects[who]
	if !ok || !e.roles.in(tenant) {
		return
	}
	access.Member = true
	if e.roles.get(scope{tenant: tenant}) != "" {
		access.Owner = true
	}
	if project != "" {
		access.Role = better(access.Role, e.roles.get(scope{tenant: tenant, project: project}))
	}
}

// Tenants returns the tenants in which a user has a role, each with the best one
// that it has there.
func (x *Index) Tenants(ctx context.Context, u user.Info) (map[string]v1alpha1.MemberRole, error) {
	if err := x.WaitLive(ctx); err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	best := map[string]v1alpha1.MemberRole{}
	for who := range subjectsOf(u) {
		if e, ok := x.subjects[who]; ok {
			for at, role := range e.roles.all() {
				best[at.tenant] = better(best[at.tenant], role)
			}
		}
	}
	return best, nil
}

// subjectsOf yields the subjects that a user is.
func subjectsOf(u user.Info) func(func(subject) bool) {
	return func(yield func(subject) bool) {
		if !yield(subject{name: u.GetName()}) {
			return
		}
		for _, group := range u.GetGroups() {
			if !yield(subject{group: true, name: group}) {
				return
			}
		}
	}
}

// set records who has a role in a scope since a version. Older news are nothing new.
func (x *Index) set(k kind, at scope, version uint64, now roles) {
	old, there := x.objects[k][at]
	if version <= old.version {
		return
	}
	if k == projects && !there {
		x.come(at, version)
	}
	x.objects[k][at] = record{version: version, named: now.named()}
	x.change(at, version, old.named, now)
}

// remove forgets a scope that was deleted at a version, unless it was made again since.
func (x *Index) remove(k kind, at scope, version uint64) {
	old, ok := x.objects[k][at]
	if !ok || old.version > version {
		return
	}
	delete(x.objects[k], at)
	if k == projects {
		x.gone(at, version)
	}
	x.change(at, version, old.named, nil)
}

// change gives roles in a scope to subjects and takes them away.
func (x *Index) change(at scope, version uint64, old []named, now roles) {
	if now.are(old) {
		return
	}
	for _, before := range old {
		if now[before.who] == "" {
			x.revoke(before.who, at, version)
		}
	}
	for who, role := range now {
		x.grant(who, at, version, role)
	}
}

func (x *Index) grant(who subject, at scope, version uint64, role v1alpha1.MemberRole) {
	e := x.entryOf(who)
	if e.roles.set(at, role) {
		x.seen(e, version)
	}
}

func (x *Index) revoke(who subject, at scope, version uint64) {
	e, ok := x.subjects[who]
	if !ok {
		return
	}
	e.roles.remove(at)
	x.seen(e, version)
	x.retire(who, e)
}

// seen notes that what a subject can see has changed.
func (x *Index) seen(e *entry, version uint64) {
	x.generation++
	e.generation = x.generation
	e.changed = max(e.changed, version)
	e.shared = nil
	for s := range e.open {
		s.end()
	}
	e.open = nil
}

func (x *Index) entryOf(who subject) *entry {
	e, ok := x.subjects[who]
	if !ok {
		e = &entry{}
		x.subjects[who] = e
	}
	return e
}
