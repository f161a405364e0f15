package apiserver_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/component-base/metrics/legacyregistry"

	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// narrowedKind lists and watches the objects of a kind over all namespaces.
type narrowedKind struct {
	name  string
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

func narrowedKinds(api client.KubenovaV1alpha1Interface) []narrowedKind {
	return []narrowedKind{
		{"tenants", lister(api.Tenants().List), api.Tenants().Watch},
		{"projects", lister(api.Projects("").List), api.Projects("").Watch},
		{"policysets", lister(api.PolicySets("").List), api.PolicySets("").Watch},
		{"apps", lister(api.Apps("").List), api.Apps("").Watch},
	}
}

func lister[L runtime.Object](list func(context.Context, metav1.ListOptions) (L, error)) func(context.Context, metav1.ListOptions) (runtime.Object, error) {
	return func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return list(ctx, options)
	}
}

// streamed asks for a list as a watch, as informers do.
func streamed() metav1.ListOptions {
	return metav1.ListOptions{SendInitialEvents: new(true), AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
}

// begin watches until the list has been told of, and returns the keys in it and its
// version. A watch that the server ends before is begun anew, as clients do.
func (k narrowedKind) begin(ctx context.Context, t testing.TB) (keys []string, version string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if keys, version = k.beginOnce(ctx, t); version != "" {
			return keys, version
		}
	}
	t.Fatalf("the list of %s never ended", k.name)
	return nil, ""
}

func (k narrowedKind) beginOnce(ctx context.Context, t testing.TB) (keys []string, version string) {
	t.Helper()
	watcher, err := k.watch(ctx, streamed())
	done(t, err)
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		object, err := meta.Accessor(event.Object)
		done(t, err)
		switch {
		case event.Type == watch.Added:
			keys = append(keys, object.GetNamespace()+"/"+object.GetName())
		case event.Type == watch.Bookmark && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true":
			return keys, object.GetResourceVersion()
		}
	}
	return nil, ""
}

// TestListsAndWatchesLookAtWhatIsSeen counts the objects that the server looks at
// for the lists and watches of those who see few of them.
func TestListsAndWatchesLookAtWhatIsSeen(t *testing.T) {
	p := startPlatform(t)
	p.growTenants(t)
	for i := range 10 {
		tenant := fmt.Sprint("other", i)
		done(t, p.own(t.Context(), tenant, "someone"))
		done(t, p.join(t.Context(), tenant, "web"))
		for n := range 5 {
			done(t, p.addApp(t.Context(), tenant, "web", fmt.Sprint("app", n)))
		}
	}
	for _, name := range []string{"dora", "ann", "nobody"} {
		for _, kind := range narrowedKinds(p.as(t, name)) {
			// What is not in the cache yet is read from etcd, and not counted.
			_, err := kind.list(t.Context(), metav1.ListOptions{})
			done(t, err)
			var sees int
			looked := lookedAtLeast(t, kind.name, func() {
				list, err := kind.list(t.Context(), metav1.ListOptions{})
				done(t, err)
				sees = meta.LenList(list)
			})
			// Where a view has projects of a tenant alone, all of the tenant's are looked at.
			if looked > sees && kind.name != "projects" || looked > 2*sees {
				t.Errorf("%s was shown %d %s, for which %d were looked at", name, sees, kind.name, looked)
			}
			var keys []string
			looked = lookedAtLeast(t, kind.name, func() { keys, _ = kind.begin(t.Context(), t) })
			if len(keys) != sees || looked > 2*sees {
				t.Errorf("%s was told of %v, of %d %s, for which %d were looked at", name, keys, sees, kind.name, looked)
			}
		}
	}
}

// lookedAtLeast returns how many objects of a kind are looked at to do something: the
// least of three times, since the server itself may list in between.
func lookedAtLeast(t *testing.T, resource string, do func()) int {
	t.Helper()
	least := math.MaxInt
	for range 3 {
		before := lookedAt(t, resource)
		do()
		least = min(least, int(lookedAt(t, resource)-before))
	}
	return least
}

// lookedAt returns how many objects of a kind lists and the beginnings of watches
// have taken from the cache.
func lookedAt(t *testing.T, resource string) (count float64) {
	t.Helper()
	families, err := legacyregistry.DefaultGatherer.Gather()
	done(t, err)
	for _, family := range families {
		if !slices.Contains([]string{"apiserver_cache_list_fetched_objects_total", "apiserver_init_events_total"}, family.GetName()) {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "resource" && label.GetValue() == resource {
					count += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return count
}

// TestWatchesGoOnFromTheirList writes while lists are streamed: what is not in a list
// comes after it, once.
func TestWatchesGoOnFromTheirList(t *testing.T) {
	t.Parallel()
	p := startPlatform(t)
	p.growTenants(t)
	const apps = 20
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < apps && err == nil; i++ {
			err = p.addApp(t.Context(), "acme", "web", fmt.Sprint("later", i))
		}
		written <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 5 {
		// A watch that the server ends before is begun anew, as clients do.
		seen := map[string]bool{}
		for len(seen) < 4+apps && ctx.Err() == nil {
			seen = p.addedOnce(ctx, t, "ann", 4+apps)
		}
		if len(seen) != 4+apps {
			t.Fatalf("%d apps were seen: %v", len(seen), seen)
		}
	}
	done(t, <-written)
}

// addedOnce watches the apps that someone sees until so many were added or the watch
// ends, and returns them. None may be added twice.
func (p platform) addedOnce(ctx context.Context, t *testing.T, name string, count int) map[string]bool {
	t.Helper()
	watcher, err := p.as(t, name).Apps("").Watch(ctx, streamed())
	done(t, err)
	defer watcher.Stop()
	seen := map[string]bool{}
	for event := range watcher.ResultChan() {
		if event.Type != watch.Added {
			continue
		}
		object, err := meta.Accessor(event.Object)
		done(t, err)
		key := object.GetNamespace() + "/" + object.GetName()
		if seen[key] {
			t.Errorf("%s was added twice", key)
		}
		if seen[key] = true; len(seen) == count {
			break
		}
	}
	return seen
}

// few makes 500 tenants with 20 apps each, two of which are ann's.
func few(b *testing.B) platform {
	const tenants, apps = 500, 20
	p := startPlatform(b)
	for i := range tenants {
		tenant, owner := fmt.Sprintf("t%d", i), "someone"
		if i%250 == 0 {
			owner = "ann"
		}
		done(b, p.own(b.Context(), tenant, owner))
		done(b, p.join(b.Context(), tenant, "web"))
		for n := range apps {
			done(b, p.addApp(b.Context(), tenant, "web", fmt.Sprint("app", n)))
		}
	}
	return p
}

// BenchmarkOfFew lists and begins to watch as one who sees 2 of 500 tenants and 40 of
// 10,000 apps.
func BenchmarkOfFew(b *testing.B) {
	p := few(b)
	for _, kind := range narrowedKinds(p.as(b, "ann")) {
		if kind.name == "policysets" {
			continue
		}
		want := map[string]int{"tenants": 2, "projects": 2, "apps": 40}[kind.name]
		b.Run("list of "+kind.name, func(b *testing.B) {
			for b.Loop() {
				list, err := kind.list(b.Context(), metav1.ListOptions{})
				if err != nil || meta.LenList(list) != want {
					b.Fatal(list, err)
				}
			}
		})
		b.Run("watch of "+kind.name, func(b *testing.B) {
			for b.Loop() {
				if keys, _ := kind.begin(b.Context(), b); len(keys) != want {
					b.Fatal(keys)
				}
			}
		})
	}
}
