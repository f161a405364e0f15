package apiserver_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"pgregory.net/rapid"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// seen is what the handlers of a reflector have been told: which objects there
// are, as adds and deletes.
type seen struct {
	mu       sync.Mutex
	objects  map[string]bool
	allowed  func(string) bool
	problems []string
}

var _ cache.ReflectorStore = &seen{}

func keyOf(obj any) string {
	object := obj.(metav1.Object)
	return object.GetNamespace() + "/" + object.GetName()
}

func (s *seen) add(key string) {
	if s.objects[key] {
		s.problems = append(s.problems, "added twice: "+key)
	}
	if !s.allowed(key) {
		s.problems = append(s.problems, "never was to be seen: "+key)
	}
	s.objects[key] = true
}

func (s *seen) Add(obj any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(keyOf(obj))
	return nil
}

func (s *seen) Update(obj any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.objects[keyOf(obj)] {
		s.problems = append(s.problems, "updated without an add: "+keyOf(obj))
	}
	return nil
}

func (s *seen) Delete(obj any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.objects[keyOf(obj)] {
		s.problems = append(s.problems, "deleted without an add: "+keyOf(obj))
	}
	delete(s.objects, keyOf(obj))
	return nil
}

func (s *seen) Replace(list []any, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := map[string]bool{}
	for _, obj := range list {
		now[keyOf(obj)] = true
		if !s.objects[keyOf(obj)] {
			s.add(keyOf(obj))
		}
	}
	s.objects = now
	return nil
}

func (s *seen) Resync() error { return nil }

func (s *seen) state() ([]string, []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects)), slices.Clone(s.problems)
}

// world is what the model check changes, and who sees what in it.
type world struct {
	mu      sync.Mutex
	user    string
	owners  map[string]bool
	members map[[2]string]bool
	apps    map[[2]string]bool // of a tenant and project: one app each
	ever    map[string]bool
}

func (w *world) visible() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := []string{}
	for at := range w.apps {
		if w.owners[at[0]] || w.members[at] {
			keys = append(keys, v1alpha1.ProjectNamespace(at[0], at[1])+"/app")
		}
	}
	slices.Sort(keys)
	return keys
}

// change makes a change of the model, before the server is asked for it.
func (w *world) change(edit func()) {
	w.mu.Lock()
	edit()
	w.mu.Unlock()
	for _, key := range w.visible() {
		w.mu.Lock()
		w.ever[key] = true
		w.mu.Unlock()
	}
}

func (w *world) wasVisible(key string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ever[key]
}

// TestReflectorSeesWhatItMay grants and takes access at random, and makes and
// deletes apps, while a reflector with streamed lists follows the apps of a user.
// Its handlers must come to know exactly what the user may see, by adds and
// deletes that fit together.
func TestReflectorSeesWhatItMay(t *testing.T) {
	done(t, errors.Join(flag.Set("rapid.checks", "8"), flag.Set("rapid.nofailfile", "true")))
	p := startPlatform(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		modelCheck(t, rt, p, run)
	})
}

func modelCheck(t *testing.T, rt *rapid.T, p platform, run int) {
	w := &world{user: fmt.Sprint("user", run), owners: map[string]bool{}, members: map[[2]string]bool{}, apps: map[[2]string]bool{}, ever: map[string]bool{}}
	tenants, projects := []string{fmt.Sprintf("m%da", run), fmt.Sprintf("m%db", run)}, []string{"api", "web"}
	for _, tenant := range tenants {
		done(rt, p.own(t.Context(), tenant))
		for _, project := range projects {
			done(rt, p.join(t.Context(), tenant, project))
		}
	}
	told := &seen{objects: map[string]bool{}, allowed: w.wasVisible}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	defer func() { cancel(); <-ended }()
	go func() {
		defer close(ended)
		newReflector(t, p, w.user, told).RunWithContext(ctx)
	}()
	tenantOf, projectOf := rapid.SampledFrom(tenants), rapid.SampledFrom(projects)
	rt.Repeat(map[string]func(*rapid.T){
		"owner": func(rt *rapid.T) {
			tenant, owns := tenantOf.Draw(rt, "tenant"), rapid.Bool().Draw(rt, "owns")
			w.change(func() { w.owners[tenant] = owns })
			done(rt, p.own(t.Context(), tenant, w.only(owns)...))
		},
		"member": func(rt *rapid.T) {
			at, is := [2]string{tenantOf.Draw(rt, "tenant"), projectOf.Draw(rt, "project")}, rapid.Bool().Draw(rt, "is")
			w.change(func() { w.members[at] = is })
			done(rt, p.join(t.Context(), at[0], at[1], w.only(is)...))
		},
		"app": func(rt *rapid.T) {
			at := [2]string{tenantOf.Draw(rt, "tenant"), projectOf.Draw(rt, "project")}
			if w.apps[at] {
				w.change(func() { delete(w.apps, at) })
				done(rt, p.removeApp(t.Context(), at[0], at[1], "app"))
				return
			}
			w.change(func() { w.apps[at] = true })
			done(rt, p.addApp(t.Context(), at[0], at[1], "app"))
		},
		"look": func(rt *rapid.T) { w.agree(rt, told) },
	})
	w.agree(rt, told)
}

// only returns the user, or nobody.
func (w *world) only(granted bool) []string {
	if granted {
		return []string{"someone", w.user}
	}
	return []string{"someone"}
}

// agree waits until the handlers have been told exactly what there is to be seen.
func (w *world) agree(rt *rapid.T, told *seen) {
	want := w.visible()
	var got, problems []string
	err := wait.PollUntilContextTimeout(context.Background(), 5*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		got, problems = told.state()
		return slices.Equal(got, want), nil
	})
	if err != nil || len(problems) > 0 {
		rt.Fatalf("the handlers know %v, want %v; %v", got, want, problems)
	}
}

// newReflector follows all apps as a user, with streamed lists.
func newReflector(t *testing.T, p platform, name string, told *seen) *cache.Reflector {
	t.Helper()
	apps := p.as(t, name).Apps("")
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return apps.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return apps.Watch(ctx, options)
		},
	}
	// Without the pauses that spare a server in trouble.
	backoff := &wait.Backoff{Duration: time.Millisecond, Cap: time.Millisecond}
	return cache.NewReflectorWithOptions(lw, &v1alpha1.App{}, told, cache.ReflectorOptions{Name: name, Backoff: backoff})
}
