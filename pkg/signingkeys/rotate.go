package signingkeys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apiserver/pkg/storage"
	"k8s.io/klog/v2"
)

const (
	// checkEvery is how often it is looked whether a key has to be made or removed.
	checkEvery = time.Minute
	// retryEvery is how often while there is no key.
	retryEvery = 500 * time.Millisecond
)

// rotate makes and removes keys when it is time. Every replica does: who comes
// second finds it done.
func (k *Keys) rotate(ctx context.Context) {
	for ctx.Err() == nil {
		pause := checkEvery
		if err := k.step(ctx); err != nil && ctx.Err() == nil {
			pause = retryEvery
			klog.FromContext(ctx).Error(err, "Rotating the keys that sign tokens")
		}
		if err := k.Check(nil); err != nil {
			pause = retryEvery
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-k.clock.After(pause):
		}
	}
}

// step does what has to be done now. Nothing is known before the keys were read.
func (k *Keys) step(ctx context.Context) error {
	if k.set.Check(nil) != nil {
		return nil
	}
	k.mu.RLock()
	records := k.records
	k.mu.RUnlock()
	todo := next(records, k.clock.Now(), k.epoch(), k.times)
	var errs []error
	if todo.create {
		errs = append(errs, k.create(ctx, todo))
	}
	for _, r := range todo.remove {
		err := k.storage.Delete(ctx, k.storage.Prefix+r.Name, &record{}, nil, storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{})
		if err != nil && !storage.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("removing the signing key %s: %w", r.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (k *Keys) create(ctx context.Context, todo step) error {
	made, err := generate(todo.number, k.clock.Now(), todo.signsFrom)
	if err != nil {
		return err
	}
	err = k.storage.Create(ctx, k.storage.Prefix+made.Name, made, nil, 0)
	if err != nil && !storage.IsExist(err) {
		return fmt.Errorf("keeping a new signing key: %w", err)
	}
	return nil
}
