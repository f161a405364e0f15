package encryption

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/kubenova/kubenova/pkg/secretfile"
)

// Rotation replaces the keys of a configuration file by new ones.
type Rotation struct {
	// File is the EncryptionConfiguration that servers read again when it changes.
	File string
	// Store is what is rewritten.
	Store Store
	// Known returns once every server uses the file's content.
	Known func(ctx context.Context, content []byte) error
	// Pause is for how long a server that has read the file may still be writing
	// with what it had before.
	Pause time.Duration
	// Told is called with what was done.
	Told func(what string)
}

// Run rotates from wherever the file is to the end. Stopped at any point, it can be
// run again and goes on from there.
func (r Rotation) Run(ctx context.Context) error {
	for {
		stage, err := r.Step(ctx)
		if err != nil || stage == StageFirst {
			return err
		}
	}
}

// Step takes the file one stage on, and returns the one that it was at. Servers
// know it as it is before, and as it became after.
func (r Rotation) Step(ctx context.Context) (Stage, error) {
	before, err := os.ReadFile(r.File)
	if err != nil {
		return 0, fmt.Errorf("reading the encryption configuration: %w", err)
	}
	after, stage, err := Next(before, time.Now())
	if err != nil {
		return 0, err
	}
	// A run that was stopped may have left the file as nobody knows it yet.
	if err := r.Known(ctx, before); err != nil {
		return 0, err
	}
	if stage == StageFirst {
		if err := r.rewriteAll(ctx); err != nil {
			return 0, err
		}
	}
	if err := r.replaceFile(before, after); err != nil {
		return 0, err
	}
	r.Told(map[Stage]string{
		StageStart: "added a new key, for reading",
		StageAdded: "made the new key the one that is written with",
		StageFirst: "dropped the old keys",
	}[stage])
	if stage == StageFirst {
		return stage, nil // servers that still know the old keys do no harm
	}
	return stage, r.Known(ctx, after)
}

// rewriteAll rewrites everything, and looks once more after a pause: what a server
// was writing while it learned of the new key is in etcd by then.
func (r Rotation) rewriteAll(ctx context.Context) error {
	for range 2 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(r.Pause):
		}
		done, err := r.Store.RewriteBy(ctx, r.File)
		if err != nil {
			return err
		}
		r.Told(fmt.Sprintf("rewrote %d of %d values with the new key", done.Rewritten, done.Read))
	}
	return nil
}

// replaceFile writes the file, unless somebody else has.
func (r Rotation) replaceFile(before, after []byte) error {
	now, err := os.ReadFile(r.File)
	if err != nil {
		return fmt.Errorf("reading the encryption configuration: %w", err)
	}
	if string(now) != string(before) {
		return fmt.Errorf("%s was changed by somebody else; nothing was done to it", r.File)
	}
	return secretfile.Write(r.File, after)
}
