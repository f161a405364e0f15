package membership

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	testingclock "k8s.io/utils/clock/testing"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func tenant(name string, version int, owners ...v1alpha1.Subject) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: fmt.Sprint(version)},
		Spec:       v1alpha1.TenantSpec{Owners: owners},
	}
}

func project(tenant, name string, version int, access ...v1alpha1.ProjectMember) *v1alpha1.Project {
	return &v1alpha1.Project{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: v1alpha1.TenantNamespace(tenant), ResourceVersion: fmt.Sprint(version)},
		Spec:       v1alpha1.ProjectSpec{Access: access},
	}
}

func owner(name string) v1alpha1.Subject {
	return v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: name}
}

func member(name string, role v1alpha1.MemberRole) v1alpha1.ProjectMember {
	return v1alpha1.ProjectMember{Kind: v1alpha1.SubjectUser, Name: name, Role: role}
}

// fill has an index read an empty store at version 1.
func fill(t interface{ Fatal(...any) }, x *Index) {
	for k, list := range map[kind]runtime.Object{
		tenants:  &v1alpha1.TenantList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}},
		projects: &v1alpha1.ProjectList{ListMeta: metav1.ListMeta{ResourceVersion: "1"}},
	} {
		if _, err := x.replace(k, list); err != nil {
			t.Fatal(err)
		}
	}
}

// TestIndexIsTheStore writes objects at random, some of them told by the server
// that wrote them before the watch, and compares what the index says with what
// the objects say.
func TestIndexIsTheStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		fill(t, x)
		users, names := []string{"ann", "bob", "cleo"}, []string{"red", "blue"}
		owners, access := map[string][]string{}, map[scope]map[string]v1alpha1.MemberRole{}
		var late []func()
		version := 1
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				for len(late) > 0 && rapid.Bool().Draw(t, "deliver") {
					late[0]()
					late = late[1:]
				}
				if len(late) > 0 {
					return // the index may know less than the store
				}
				for _, name := range users {
					check(t, x, name, names, owners, access)
				}
			},
			"tenant": func(t *rapid.T) {
				version++
				at, who := rapid.SampledFrom(names).Draw(t, "tenant"), rapid.SliceOfNDistinct(rapid.SampledFrom(users), 0, 3, rapid.ID).Draw(t, "owners")
				owners[at] = who
				var subjects []v1alpha1.Subject
				for _, name := range who {
					subjects = append(subjects, owner(name))
				}
				object := tenant(at, version, subjects...)
				if rapid.Bool().Draw(t, "told") {
					x.Written(object)
				}
				late = append(late, func() { x.mustObserve(t, tenants, watch.Modified, object) })
			},
			"project": func(t *rapid.T) {
				version++
				at := scope{rapid.SampledFrom(names).Draw(t, "tenant"), rapid.SampledFrom(names).Draw(t, "project")}
				access[at] = map[string]v1alpha1.MemberRole{}
				var list []v1alpha1.ProjectMember
				for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(users), 0, 3, rapid.ID).Draw(t, "members") {
					role := rapid.SampledFrom([]v1alpha1.MemberRole{v1alpha1.RoleReadOnly, v1alpha1.RoleProjectDev, v1alpha1.RoleTenantOwner}).Draw(t, "role")
					access[at][name] = role
					list = append(list, member(name, role))
				}
				object := project(at.tenant, at.project, version, list...)
				if rapid.Bool().Draw(t, "told") {
					x.Written(object)
				}
				late = append(late, func() { x.mustObserve(t, projects, watch.Modified, object) })
			},
			"delete": func(t *rapid.T) {
				version++
				at := rapid.SampledFrom(names).Draw(t, "tenant")
				if _, there := owners[at]; !there {
					return
				}
				delete(owners, at)
				object := tenant(at, version)
				late = append(late, func() { x.mustObserve(t, tenants, watch.Deleted, object) })
			},
		})
	})
}

func (x *Index) mustObserve(t *rapid.T, k kind, event watch.EventType, obj runtime.Object) {
	if _, err := x.observe(k, watch.Event{Type: event, Object: obj}); err != nil {
		t.Fatal(err)
	}
}

func check(t *rapid.T, x *Index, name string, names []string, owners map[string][]string, access map[scope]map[string]v1alpha1.MemberRole) {
	u := &user.DefaultInfo{Name: name}
	view, best := x.View(u), map[string]v1alpha1.MemberRole{}
	for _, at := range names {
		want := Access{}
		for _, who := range owners[at] {
			if who == name {
				want.Owner, want.Member = true, true
				best[at] = v1alpha1.RoleTenantOwner
			}
		}
		for _, p := range names {
			if role := access[scope{at, p}][name]; role != "" {
				want.Member = true
				best[at] = better(best[at], role)
			}
		}
		for _, p := range names {
			want.Role = access[scope{at, p}][name]
			if got := x.Access(u, at, p); got != want {
				t.Fatalf("%s in %s/%s has %+v, want %+v", name, at, p, got, want)
			}
			if got, want := view.Project(at, p), want.Owner || want.Role != ""; got != want {
				t.Fatalf("%s sees %s/%s: %v, want %v", name, at, p, got, want)
			}
		}
		if view.Tenant(at) != want.Member {
			t.Fatalf("%s sees %s: %v, want %v", name, at, view.Tenant(at), want.Member)
		}
	}
	if got, err := x.Tenants(context.Background(), u); err != nil || !maps.Equal(got, best) {
		t.Fatalf("%s is in %v (%v), want %v", name, got, err, best)
	}
}

// TestIdentitiesOfTheSystemGrantNothing has objects name what validation keeps
// out of them.
func TestIdentitiesOfTheSystemGrantNothing(t *testing.T) {
	x := NewIndex()
	x.Written(tenant("acme", 5,
		v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: "system:authenticated"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: "kubenova:role:readOnly"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: "system:admin"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: ""},
		v1alpha1.Subject{Kind: v1alpha1.SubjectServiceAccount, Name: "ann"},
		v1alpha1.Subject{Kind: "Robot", Name: "ann"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectServiceAccount, Name: "system:serviceaccount:ci:bot"},
	))
	for _, u := range []user.Info{
		&user.DefaultInfo{Name: "ann", Groups: []string{"system:authenticated", "kubenova:role:readOnly"}},
		&user.DefaultInfo{Name: "system:admin"}, &user.DefaultInfo{},
	} {
		if got := x.Access(u, "acme", ""); got != (Access{}) {
			t.Errorf("%q has %+v", u.GetName(), got)
		}
	}
	if got := x.Access(&user.DefaultInfo{Name: "system:serviceaccount:ci:bot"}, "acme", ""); !got.Owner {
		t.Error("a service account that owns the tenant does not")
	}
}

// TestTenants has owners of every kind, and some of the wrong one.
func TestTenants(t *testing.T) {
	const account = "system:serviceaccount:ci:deployer"
	x := NewIndex()
	fill(t, x)
	for i, tenantOwners := range map[string][]v1alpha1.Subject{
		"by-default-kind": {{Name: "alice"}},
		"by-user":         {{Kind: "User", Name: "bob"}, {Kind: "User", Name: "alice"}},
		"by-group":        {{Kind: "Group", Name: "devs"}},
		"group-like-user": {{Kind: "Group", Name: "alice"}, {Kind: "User", Name: "devs"}},
		"by-account":      {{Kind: "ServiceAccount", Name: account}},
		"account-as-user": {{Kind: "User", Name: account}, {Kind: "ServiceAccount", Name: "alice"}},
	} {
		x.Written(tenant(i, 2, tenantOwners...))
	}
	x.Written(project("by-project", "web", 2, member("alice", v1alpha1.RoleReadOnly)))
	x.Written(project("by-project", "api", 2, member("alice", v1alpha1.RoleProjectDev)))
	const o = v1alpha1.RoleTenantOwner
	for _, c := range []struct {
		caller user.DefaultInfo
		want   map[string]v1alpha1.MemberRole
	}{
		{user.DefaultInfo{Name: "alice"}, map[string]v1alpha1.MemberRole{"by-default-kind": o, "by-user": o, "by-project": v1alpha1.RoleProjectDev}},
		{user.DefaultInfo{Name: "carol", Groups: []string{"devs"}}, map[string]v1alpha1.MemberRole{"by-group": o}},
		{user.DefaultInfo{Name: account}, map[string]v1alpha1.MemberRole{"by-account": o}},
		{user.DefaultInfo{Name: "nobody"}, map[string]v1alpha1.MemberRole{}},
	} {
		if got, err := x.Tenants(t.Context(), &c.caller); err != nil || !maps.Equal(got, c.want) {
			t.Errorf("%s is in %v (%v), want %v", c.caller.Name, got, err, c.want)
		}
	}
}

// TestPastIsBounded takes roles away from more subjects than are remembered.
func TestPastIsBounded(t *testing.T) {
	x, version := NewIndex(), 0
	for i := range 5 * minPast {
		version += 2
		x.Written(tenant("acme", version, owner(fmt.Sprint("user", i))))
	}
	if len(x.subjects) > 2*minPast {
		t.Errorf("%d subjects are remembered", len(x.subjects))
	}
	forgotten := x.View(&user.DefaultInfo{Name: "user0"})
	if forgotten.Changed == 0 || forgotten.Changed < 4 {
		t.Errorf("a forgotten subject has changed at %d: a watch from before would go on", forgotten.Changed)
	}
}

func TestSubscriptionEnds(t *testing.T) {
	x := NewIndex()
	x.Written(tenant("acme", 5, owner("ann")))
	ann, bob := x.Subscribe(&user.DefaultInfo{Name: "ann"}), x.Subscribe(&user.DefaultInfo{Name: "bob", Groups: []string{"devs"}})
	x.Written(tenant("acme", 6, owner("ann"), v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: "devs"}))
	select {
	case <-ann.Ended():
		t.Error("a subscription ended that sees the same")
	default:
	}
	<-bob.Ended()
	if bob.Tenant("acme") || !x.View(&user.DefaultInfo{Name: "bob", Groups: []string{"devs"}}).Tenant("acme") {
		t.Error("a view changed, or the one after it did not")
	}
	ann.Close()
	bob.Close()
	x.Written(tenant("acme", 7))
	for who, e := range x.subjects {
		if len(e.open) > 0 || e.roles.len() > 0 {
			t.Errorf("%v is left with %+v", who, e)
		}
	}
}

// TestStaleIndexWaits has an index hear nothing for longer than it may decide on.
func TestStaleIndexWaits(t *testing.T) {
	c := testingclock.NewFakePassiveClock(time.Now())
	x := newIndex(c)
	if x.Synced() || x.Live() || x.Check(nil) == nil {
		t.Error("an empty index says it is filled")
	}
	fill(t, x)
	if !x.Synced() || !x.Live() || x.Check(nil) != nil {
		t.Error("a filled index says it is not")
	}
	c.SetTime(c.Now().Add(maxAge))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := x.WaitLive(ctx); err == nil {
		t.Error("an index decides that has heard nothing")
	}
	waited := make(chan error, 1)
	go func() { waited <- x.WaitLive(t.Context()) }()
	<-x.asked
	fill(t, x)
	if err := <-waited; err != nil {
		t.Error(err)
	}
}
