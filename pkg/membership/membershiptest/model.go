package membershiptest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// Servers are those on which a model is checked, over one store.
type Servers struct {
	// Admin returns a client for the next write; each may be of another server.
	Admin func() client.KubenovaV1alpha1Interface
	// As returns a client that calls as a user.
	As func(name string) client.KubenovaV1alpha1Interface
	// Actions are what else happens at random, by name; may be nil.
	Actions map[string]func()
}

// CheckReflectors grants and takes access at random, and makes and deletes apps,
// while a reflector with streamed lists follows the apps of a user. Its handlers
// must come to know exactly what the user may see, by adds and deletes that fit
// together.
func CheckReflectors(t *testing.T, s Servers) {
	t.Helper()
	if err := errors.Join(flag.Set("rapid.checks", "8"), flag.Set("rapid.nofailfile", "true")); err != nil {
		t.Fatal(err)
	}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		newModel(t.Context(), s, run).check(rt)
	})
}

// place is a project of a tenant, in which there may be one app.
type place struct{ tenant, project string }

// model is what the check changes, and who sees what in it.
type model struct {
	Servers

	ctx               context.Context
	user              string
	tenants, projects []string

	mu      sync.Mutex
	owners  map[string]bool
	members map[place]bool
	apps    map[place]bool
	ever    map[string]bool
}

func newModel(ctx context.Context, s Servers, run int) *model {
	return &model{
		Servers: s, ctx: ctx, user: fmt.Sprint("user", run),
		tenants: []string{fmt.Sprintf("m%da", run), fmt.Sprintf("m%db", run)}, projects: []string{"api", "web"},
		owners: map[string]bool{}, members: map[place]bool{}, apps: map[place]bool{}, ever: map[string]bool{},
	}
}

func (m *model) check(rt *rapid.T) {
	for _, tenant := range m.tenants {
		done(rt, Own(m.ctx, m.Admin(), tenant))
		for _, project := range m.projects {
			done(rt, Join(m.ctx, m.Admin(), tenant, project))
		}
	}
	told := &handlers{objects: map[string]bool{}, allowed: m.wasVisible}
	ctx, cancel := context.WithCancel(m.ctx)
	ended := make(chan struct{})
	defer func() { cancel(); <-ended }()
	go func() {
		defer close(ended)
		told.follow(ctx, m.user, m.As(m.user).Apps(""))
	}()
	rt.Repeat(m.steps(told))
	m.agree(rt, told)
}

func (m *model) steps(told *handlers) map[string]func(*rapid.T) {
	tenants, projects := rapid.SampledFrom(m.tenants), rapid.SampledFrom(m.projects)
	somewhere := func(rt *rapid.T) place { return place{tenants.Draw(rt, "tenant"), projects.Draw(rt, "project")} }
	steps := map[string]func(*rapid.T){
		"owner": func(rt *rapid.T) {
			tenant, owns := tenants.Draw(rt, "tenant"), rapid.Bool().Draw(rt, "owns")
			m.change(func() { m.owners[tenant] = owns })
			done(rt, Own(m.ctx, m.Admin(), tenant, m.only(owns)...))
		},
		"member": func(rt *rapid.T) {
			at, is := somewhere(rt), rapid.Bool().Draw(rt, "is")
			m.change(func() { m.members[at] = is })
			done(rt, Join(m.ctx, m.Admin(), at.tenant, at.project, m.only(is)...))
		},
		"app": func(rt *rapid.T) {
			at := somewhere(rt)
			if m.apps[at] {
				m.change(func() { delete(m.apps, at) })
				done(rt, RemoveApp(m.ctx, m.Admin(), at.tenant, at.project, "app"))
				return
			}
			m.change(func() { m.apps[at] = true })
			done(rt, AddApp(m.ctx, m.Admin(), at.tenant, at.project, "app"))
		},
		"look": func(rt *rapid.T) { m.agree(rt, told) },
	}
	for name, action := range m.Actions {
		steps[name] = func(*rapid.T) { action() }
	}
	return steps
}

// only returns the user, or nobody.
func (m *model) only(granted bool) []string {
	if granted {
		return []string{"someone", m.user}
	}
	return []string{"someone"}
}

func (m *model) visible() []string {
	var keys []string
	for at := range m.apps {
		if m.owners[at.tenant] || m.members[at] {
			keys = append(keys, v1alpha1.ProjectNamespace(at.tenant, at.project)+"/app")
		}
	}
	slices.Sort(keys)
	return keys
}

// change makes a change of the model, before the server is asked for it.
func (m *model) change(edit func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	edit()
	for _, key := range m.visible() {
		m.ever[key] = true
	}
}

func (m *model) wasVisible(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ever[key]
}

// agree waits until the handlers have been told exactly what there is to be seen.
func (m *model) agree(rt *rapid.T, told *handlers) {
	want := m.visible() // changed by the caller alone
	var got, problems []string
	err := wait.PollUntilContextTimeout(m.ctx, 5*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		got, problems = told.state()
		return slices.Equal(got, want) && told.streamed.Load() > 0, nil
	})
	if err != nil || len(problems) > 0 {
		rt.Fatalf("the handlers know %v, want %v, by %d streamed lists; %v", got, want, told.streamed.Load(), problems)
	}
}

func done(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}
