package membership

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/follow"
)

const (
	// pulse is how often the store is asked how far it has come while nobody waits.
	pulse = time.Second
	// askEvery bounds how often it is asked while someone does.
	askEvery = 10 * time.Millisecond
)

// Run feeds the index until ctx is done.
func (x *Index) Run(ctx context.Context, tenantSource, projectSource follow.Source) {
	sources := map[kind]follow.Source{tenants: tenantSource, projects: projectSource}
	var running sync.WaitGroup
	for k, source := range sources {
		running.Go(func() { follow.Run(ctx, "owners and members", source, sink{x, k}) })
	}
	running.Go(func() { x.askForProgress(ctx, sources) })
	running.Wait()
}

// askForProgress asks the sources, whenever someone waits and once in a while.
func (x *Index) askForProgress(ctx context.Context, sources map[kind]follow.Source) {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-x.asked:
		}
		for _, source := range sources {
			if err := ask(ctx, source); err != nil && ctx.Err() == nil {
				klog.FromContext(ctx).V(2).Info("Asking how far a watch has come", "err", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(askEvery):
		}
	}
}

func ask(ctx context.Context, source follow.Source) error {
	ctx, cancel := context.WithTimeout(ctx, pulse)
	defer cancel()
	return source.AskProgress(ctx)
}

// sink takes in what the source of a kind says.
type sink struct {
	index *Index
	kind  kind
}

// Replace implements follow.Sink.
func (s sink) Replace(list runtime.Object) (string, error) { return s.index.replace(s.kind, list) }

// Observe implements follow.Sink.
func (s sink) Observe(event watch.Event) (string, error) { return s.index.observe(s.kind, event) }

// replace makes the index know what a list says, and nothing else of its kind
// but what was written since.
func (x *Index) replace(k kind, list runtime.Object) (string, error) {
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	version, err := parseVersion(accessor.GetResourceVersion())
	if err != nil {
		return "", err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	there := map[scope]struct{}{}
	err = meta.EachListItem(list, func(obj runtime.Object) error {
		at, now, err := read(obj)
		if err != nil {
			// It cannot be reached through the API; the others must be all the same.
			klog.ErrorS(err, "Passing over an object in the index of owners and members")
			return nil
		}
		there[at] = struct{}{}
		x.set(k, at, version, now)
		return nil
	})
	if err != nil {
		return "", err
	}
	for at := range x.objects[k] {
		if _, ok := there[at]; !ok {
			x.remove(k, at, version)
		}
	}
	if !x.feeds[k].synced {
		x.floor = max(x.floor, version)
		x.spacesFloor = max(x.spacesFloor, version)
	}
	x.advance(k, version)
	return accessor.GetResourceVersion(), nil
}

// observe takes in one event of a watch and returns its version.
func (x *Index) observe(k kind, event watch.Event) (string, error) {
	accessor, err := meta.Accessor(event.Object)
	if err != nil {
		return "", err
	}
	version, err := parseVersion(accessor.GetResourceVersion())
	if err != nil {
		return "", err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	defer x.advance(k, version)
	if event.Type == watch.Bookmark {
		return accessor.GetResourceVersion(), nil
	}
	at, now, err := read(event.Object)
	if err != nil {
		klog.ErrorS(err, "Passing over an object in the index of owners and members")
		return accessor.GetResourceVersion(), nil
	}
	if event.Type == watch.Deleted {
		x.remove(k, at, version)
	} else {
		x.set(k, at, version, now)
	}
	return accessor.GetResourceVersion(), nil
}

// Written tells the index of a tenant or project that this server has just
// written, so that who was made an owner or member can act at once.
func (x *Index) Written(obj runtime.Object) {
	version, at, now, err := written(obj)
	if err != nil {
		klog.ErrorS(err, "The index learns of a write by its watch alone")
		return
	}
	k := projects
	if at.project == "" {
		k = tenants
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	// What the watch has passed is in the index as it is, or was deleted since.
	if version > x.feeds[k].version {
		x.set(k, at, version, now)
	}
}

func written(obj runtime.Object) (uint64, scope, roles, error) {
	accessor, err := meta.Accessor(obj)
	if err != nil {
		return 0, scope{}, nil, err
	}
	version, err := parseVersion(accessor.GetResourceVersion())
	if err != nil {
		return 0, scope{}, nil, err
	}
	at, now, err := read(obj)
	return version, at, now, err
}

func parseVersion(version string) (uint64, error) {
	parsed, err := strconv.ParseUint(version, 10, 64)
	if err != nil || parsed == 0 {
		return 0, errors.Join(fmt.Errorf("%q is not a resource version", version), err)
	}
	return parsed, nil
}
