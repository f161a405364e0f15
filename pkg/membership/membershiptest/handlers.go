package membershiptest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// handlers is what those of a reflector have been told: which objects there are,
// as adds and deletes that must fit together.
type handlers struct {
	// streamed counts the lists that came as a watch.
	streamed atomic.Int64

	mu       sync.Mutex
	objects  map[string]bool
	allowed  func(string) bool
	problems []string
}

var _ cache.ReflectorStore = &handlers{}

func keyOf(obj any) string {
	object := obj.(metav1.Object)
	return object.GetNamespace() + "/" + object.GetName()
}

func (h *handlers) add(key string) {
	if h.objects[key] {
		h.problems = append(h.problems, "added twice: "+key)
	}
	if !h.allowed(key) {
		h.problems = append(h.problems, "never was to be seen: "+key)
	}
	h.objects[key] = true
}

// Add implements cache.ReflectorStore.
func (h *handlers) Add(obj any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.add(keyOf(obj))
	return nil
}

// Update implements cache.ReflectorStore.
func (h *handlers) Update(obj any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.objects[keyOf(obj)] {
		h.problems = append(h.problems, "updated without an add: "+keyOf(obj))
	}
	return nil
}

// Delete implements cache.ReflectorStore.
func (h *handlers) Delete(obj any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.objects[keyOf(obj)] {
		h.problems = append(h.problems, "deleted without an add: "+keyOf(obj))
	}
	delete(h.objects, keyOf(obj))
	return nil
}

// Replace implements cache.ReflectorStore.
func (h *handlers) Replace(list []any, _ string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := map[string]bool{}
	for _, obj := range list {
		now[keyOf(obj)] = true
		if !h.objects[keyOf(obj)] {
			h.add(keyOf(obj))
		}
	}
	h.objects = now
	return nil
}

// Resync implements cache.ReflectorStore.
func (h *handlers) Resync() error { return nil }

func (h *handlers) state() ([]string, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.objects)), slices.Clone(h.problems)
}

// follow runs a reflector of apps until ctx is done.
func (h *handlers) follow(ctx context.Context, name string, apps client.AppInterface) {
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return apps.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			if ptr.Deref(options.SendInitialEvents, false) {
				h.streamed.Add(1)
			}
			return apps.Watch(ctx, options)
		},
	}
	// Without the pauses that spare a server in trouble.
	backoff := &wait.Backoff{Duration: time.Millisecond, Cap: time.Millisecond}
	cache.NewReflectorWithOptions(lw, &v1alpha1.App{}, h, cache.ReflectorOptions{Name: name, Backoff: backoff}).RunWithContext(ctx)
}
