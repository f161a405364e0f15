//go:build reliability

package reliability

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubenova/kubenova/test/reliability/watched"
)

// at is the version up to which the watcher has been told everything.
func (w *watcher) at() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reached
}

// begin begins a stretch after a version.
func (w *watcher) begin(version string) {
	since := w.parse(version)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stretches = append(w.stretches, watched.Stretch{Since: since})
	w.reached = since
}

// tell takes a change, or where the watch is.
func (w *watcher) tell(change, name, version string) {
	reached := w.parse(version)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reached = reached
	if change == "BOOKMARK" {
		return
	}
	last := &w.stretches[len(w.stretches)-1]
	last.Changes = append(last.Changes, watched.Change{Type: watched.Type(change), Name: name, Version: reached})
}

func (w *watcher) parse(version string) int64 {
	parsed, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		w.fail(fmt.Errorf("a version of the %s watch: %w", w.door, err))
	}
	return parsed
}

func (w *watcher) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reached = 0
}

func (w *watcher) connected() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resumed++
}

func (w *watcher) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = errors.Join(w.wrong, err)
}

func (w *watcher) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrong
}

// caughtUp returns an error until the watcher has been told of a version.
func (w *watcher) caughtUp(version int64) error {
	if err := w.failed(); err != nil {
		return err
	}
	if at := w.at(); at < version {
		return fmt.Errorf("the %s watch is at %d of %d", w.door, at, version)
	}
	return nil
}

// check compares what the watcher was told with what etcd has stored.
func (w *watcher) check(all []watched.Change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := watched.Check(all, w.stretches); err != nil {
		return fmt.Errorf("the %s watch: %w", w.door, err)
	}
	return w.wrong
}

// told is how many changes the watcher was told of, and how often it was reset.
func (w *watcher) told() (changes, resets, resumed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, stretch := range w.stretches {
		changes += len(stretch.Changes)
	}
	return changes, len(w.stretches) - 1, w.resumed
}

// keysOf is where the objects lie in etcd.
const keysOf = "/registry/kubenova.io/kubenova.io/policysets/kn-" + tenant + "/"

// storedChanges reads every change from etcd itself, until it has read the one that
// made an object of a name.
func storedChanges(ctx context.Context, client *clientv3.Client, since int64, last string) ([]watched.Change, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all []watched.Change
	for response := range client.Watch(ctx, keysOf, clientv3.WithPrefix(), clientv3.WithRev(since+1)) {
		if err := response.Err(); err != nil {
			return nil, fmt.Errorf("watching etcd: %w", err)
		}
		for _, event := range response.Events {
			change := watched.Change{Type: watched.Modified, Name: string(event.Kv.Key)[len(keysOf):], Version: event.Kv.ModRevision}
			switch {
			case event.Type == clientv3.EventTypeDelete:
				change.Type = watched.Deleted
			case event.IsCreate():
				change.Type = watched.Added
			}
			all = append(all, change)
			if change.Name == last {
				return all, nil
			}
		}
	}
	return nil, errors.Join(errors.New("the watch of etcd ended"), ctx.Err())
}
