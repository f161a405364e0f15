package base

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Written knows the version of each status that was written and that the cache does
// not have yet: who works with the one before it writes it once more. The zero value
// is ready to use.
type Written struct {
	mu       sync.Mutex
	versions map[types.NamespacedName]uint64
}

// Behind says whether an object of the cache is from before its status was written.
// What was written asks for it again when it arrives.
func (w *Written) Behind(cached client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := client.ObjectKeyFromObject(cached)
	if versionOf(cached) < w.versions[key] {
		return true
	}
	delete(w.versions, key)
	return false
}

// Forget lets go of an object that is gone.
func (w *Written) Forget(key types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, key)
}

// PatchStatus is the function of that name, and keeps the version in mind.
func (w *Written) PatchStatus(ctx context.Context, c client.Client, before, after client.Object) error {
	written, err := patchStatus(ctx, c, before, after)
	if err != nil || written == nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.versions == nil {
		w.versions = map[types.NamespacedName]uint64{}
	}
	w.versions[client.ObjectKeyFromObject(after)] = versionOf(written)
	return nil
}

// PatchStatus writes the status of an object if it differs from what it was.
func PatchStatus(ctx context.Context, c client.Client, before, after client.Object) error {
	_, err := patchStatus(ctx, c, before, after)
	return err
}

// patchStatus returns what was written; nil for nothing.
func patchStatus(ctx context.Context, c client.Client, before, after client.Object) (client.Object, error) {
	if equality.Semantic.DeepEqual(before, after) {
		return nil, nil
	}
	written := after.DeepCopyObject().(client.Object)
	err := c.Status().Patch(ctx, written, client.MergeFrom(before))
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("writing the status of %s: %w", Title(after), err)
	}
	return written, nil
}

// versionOf is the version of an object as a number, which it is on this API.
func versionOf(object client.Object) uint64 {
	version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return 0 // never behind
	}
	return version
}
