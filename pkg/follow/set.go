package follow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// maxWait bounds the wait for a set that has not been read yet.
const maxWait = 3 * time.Second

// Object is what a Set holds.
type Object interface {
	runtime.Object
	metav1.Object
}

// Set holds all objects of a kind, of which there are few. It is a Sink.
type Set[T Object] struct {
	what    string
	changed func([]T)

	mu      sync.Mutex
	objects map[string]T
	once    sync.Once
	synced  chan struct{}
}

// NewSet returns an empty set. what names its objects in errors; changed is told
// of all of them after each change, one call at a time, and must not alter them.
func NewSet[T Object](what string, changed func([]T)) *Set[T] {
	return &Set[T]{what: what, changed: changed, objects: map[string]T{}, synced: make(chan struct{})}
}

// Run keeps the set in step with a source until ctx is done.
func (s *Set[T]) Run(ctx context.Context, source Source) { Run(ctx, s.what, source, s) }

// WaitSynced waits until the set has been read once. It fails after some seconds.
func (s *Set[T]) WaitSynced(ctx context.Context) error {
	select {
	case <-s.synced:
		return nil
	default:
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case <-s.synced:
		return nil
	case <-timer.C:
		return fmt.Errorf("%s have not been read yet", s.what)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Check says why the set cannot be used yet, for a readiness check.
func (s *Set[T]) Check(*http.Request) error {
	select {
	case <-s.synced:
		return nil
	default:
		return errors.New(s.what + " have not been read yet")
	}
}

// Replace implements Sink.
func (s *Set[T]) Replace(list runtime.Object) (string, error) {
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	all := map[string]T{}
	err = meta.EachListItem(list, func(obj runtime.Object) error {
		typed, err := s.typed(obj)
		if err == nil {
			all[typed.GetName()] = typed
		}
		return err
	})
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects = all
	s.tell()
	s.once.Do(func() { close(s.synced) })
	return accessor.GetResourceVersion(), nil
}

// Observe implements Sink.
func (s *Set[T]) Observe(event watch.Event) (string, error) {
	typed, err := s.typed(event.Object)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch event.Type {
	case watch.Bookmark:
		return typed.GetResourceVersion(), nil
	case watch.Deleted:
		delete(s.objects, typed.GetName())
	default:
		s.objects[typed.GetName()] = typed
	}
	s.tell()
	return typed.GetResourceVersion(), nil
}

func (s *Set[T]) typed(obj runtime.Object) (T, error) {
	typed, ok := obj.(T)
	if !ok {
		return typed, fmt.Errorf("%T is not one of the %s", obj, s.what)
	}
	return typed, nil
}

// tell calls changed. The caller holds the lock.
func (s *Set[T]) tell() {
	all := make([]T, 0, len(s.objects))
	for _, obj := range s.objects {
		all = append(all, obj)
	}
	s.changed(all)
}
