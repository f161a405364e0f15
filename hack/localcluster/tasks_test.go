package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"
)

func ignore(string, time.Duration) {}

func TestTasksWaitForTheirNeeds(t *testing.T) {
	var mu sync.Mutex
	var order []string
	step := func(name string, needs ...string) task {
		return task{name, needs, func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
			return nil
		}}
	}
	err := runTasks(t.Context(), []task{step("a"), step("b", "a"), step("c", "b")}, ignore)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, []string{"a", "b", "c"}) {
		t.Errorf("ran in the order %v", order)
	}
}

func TestIndependentTasksRunTogether(t *testing.T) {
	meet := make(chan struct{})
	err := runTasks(t.Context(), []task{
		{"one", nil, func(context.Context) error { meet <- struct{}{}; return nil }},
		{"two", nil, func(context.Context) error { <-meet; return nil }},
	}, ignore)
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFailureCancelsTheRest(t *testing.T) {
	broken := errors.New("broken")
	ran := false
	err := runTasks(t.Context(), []task{
		{"failing", nil, func(context.Context) error { return broken }},
		{"waiting", nil, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		{"after", []string{"failing"}, func(context.Context) error { ran = true; return nil }},
	}, ignore)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if ran {
		t.Error("a task ran although its need had failed")
	}
}

func TestNeedsMustPointBackwards(t *testing.T) {
	err := runTasks(t.Context(), []task{{"a", []string{"b"}, nil}, {"b", nil, nil}}, ignore)
	if err == nil {
		t.Error("a need that does not stand before its task was accepted")
	}
}
