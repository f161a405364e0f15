// Package follow keeps what a server knows in step with what lies in etcd: it
// lists once and watches from there.
package follow

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/klog/v2"
)

// retryAfter is the pause before a watch that failed starts again.
const retryAfter = 500 * time.Millisecond

// Sink takes in what a source says.
type Sink interface {
	// Replace takes in a list, which is all that there is, and returns its version.
	Replace(list runtime.Object) (version string, err error)
	// Observe takes in one event that is no error and returns its version.
	Observe(event watch.Event) (version string, err error)
}

// Run feeds a sink until ctx is done. what names the objects in the log.
func Run(ctx context.Context, what string, source Source, sink Sink) {
	version := ""
	for ctx.Err() == nil {
		next, err := once(ctx, source, sink, version)
		version = next
		if err != nil && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "Watching failed; trying again", "what", what)
			select {
			case <-ctx.Done():
			case <-time.After(retryAfter):
			}
		}
	}
}

// once lists unless it has a version to go on from, and watches until the watch
// ends. It returns the version to go on from; none means to list again.
func once(ctx context.Context, source Source, sink Sink, version string) (string, error) {
	if version == "" {
		list, err := source.List(ctx)
		if err != nil {
			return "", fmt.Errorf("listing: %w", err)
		}
		if version, err = sink.Replace(list); err != nil {
			return "", err
		}
	}
	watcher, err := source.Watch(ctx, version)
	if err != nil {
		return "", fmt.Errorf("watching from version %s: %w", version, err)
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		if event.Type == watch.Error {
			return "", fmt.Errorf("watching from version %s: %w", version, apierrors.FromObject(event.Object))
		}
		if version, err = sink.Observe(event); err != nil {
			return "", err
		}
	}
	return version, nil
}
