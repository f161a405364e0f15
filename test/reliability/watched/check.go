// Package watched checks what watches told against what was written: no change is
// missed, told twice or told out of order.
package watched

import (
	"fmt"
	"slices"
)

// Type is that of a change.
type Type string

// Types of changes.
const (
	Added    Type = "ADDED"
	Modified Type = "MODIFIED"
	Deleted  Type = "DELETED"
)

// Change of an object, as a store made it or as a watch told it.
type Change struct {
	Type    Type
	Name    string
	Version int64
}

// Stretch is what a watch told without having been reset: over any number of
// connections, each of which went on after the version where the last one ended.
type Stretch struct {
	// Since is the version after which it began.
	Since   int64
	Changes []Change
}

// Check compares the stretches of one watcher with all changes that there were, in
// their order. The last stretch goes on up to the last of all changes.
func Check(all []Change, stretches []Stretch) error {
	reached := int64(0)
	for i, stretch := range stretches {
		if stretch.Since < reached {
			return fmt.Errorf("stretch %d begins after version %d: %d had been told before", i, stretch.Since, reached)
		}
		until := stretch.Since
		if n := len(stretch.Changes); n > 0 {
			until = stretch.Changes[n-1].Version
		}
		if i == len(stretches)-1 && len(all) > 0 {
			until = all[len(all)-1].Version
		}
		want := between(all, stretch.Since, until)
		if !slices.Equal(want, stretch.Changes) {
			return fmt.Errorf("stretch %d, after version %d: %s", i, stretch.Since, difference(want, stretch.Changes))
		}
		reached = until
	}
	return nil
}

// between returns the changes after one version and up to another.
func between(all []Change, since, until int64) []Change {
	var out []Change
	for _, change := range all {
		if change.Version > since && change.Version <= until {
			out = append(out, change)
		}
	}
	return out
}

// difference tells where two sequences part.
func difference(want, got []Change) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%v and %d more were not told", want[i], len(want)-i-1)
		case i >= len(want):
			return fmt.Sprintf("%v was told, and never made", got[i])
		case want[i] != got[i]:
			return fmt.Sprintf("change %d was %v, and was told as %v", i, want[i], got[i])
		}
	}
	return "no difference"
}
