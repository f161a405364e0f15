package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// task is a step of up. It runs as soon as the tasks that it needs are done.
type task struct {
	name  string
	needs []string
	run   func(context.Context) error
}

// runTasks runs every task, as many at a time as their needs allow. The first
// failure cancels the others and is returned.
func runTasks(parent context.Context, tasks []task, report func(name string, took time.Duration)) error {
	done := make(map[string]chan struct{}, len(tasks))
	for _, t := range tasks {
		done[t.name] = make(chan struct{})
	}
	if err := checkNeeds(tasks, done); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var group sync.WaitGroup
	for _, t := range tasks {
		group.Go(func() {
			if !waitNeeds(ctx, t, done) {
				return
			}
			start := time.Now()
			if err := t.run(ctx); err != nil {
				cancel(fmt.Errorf("%s: %w", t.name, err))
				return
			}
			report(t.name, time.Since(start))
			close(done[t.name])
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

func checkNeeds(tasks []task, done map[string]chan struct{}) error {
	if len(done) != len(tasks) {
		return errors.New("two tasks have the same name")
	}
	seen := map[string]bool{}
	for _, t := range tasks {
		for _, need := range t.needs {
			// Needs point backwards only, so that no cycle can hang up.
			if !seen[need] {
				return fmt.Errorf("task %s needs %s, which does not stand before it", t.name, need)
			}
		}
		seen[t.name] = true
	}
	return nil
}

func waitNeeds(ctx context.Context, t task, done map[string]chan struct{}) bool {
	for _, need := range t.needs {
		select {
		case <-done[need]:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}
