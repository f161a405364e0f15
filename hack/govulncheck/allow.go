package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// readAllowed reads lines of the form "<id> <reason>"; blank lines and those
// that begin with # are comments. The result maps ids to reasons.
func readAllowed(file string) (map[string]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the accepted findings: %w", err)
	}
	allowed, err := parseAllowed(string(data))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return allowed, nil
}

func parseAllowed(text string) (map[string]string, error) {
	allowed := map[string]string{}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, _ := strings.Cut(line, " ")
		reason = strings.TrimSpace(reason)
		if reason == "" {
			return nil, fmt.Errorf("line %d: %s has no reason", number+1, id)
		}
		if _, twice := allowed[id]; twice {
			return nil, fmt.Errorf("line %d: %s stands there twice", number+1, id)
		}
		allowed[id] = reason
	}
	return allowed, nil
}

// compare fails for a finding that is not accepted, and for an accepted one
// that is not found any more: a stale reason would hide its return.
func compare(called map[string]finding, allowed map[string]string) error {
	var errs []error
	for _, id := range unaccepted(called, allowed) {
		f := called[id]
		errs = append(errs, fmt.Errorf("%s: %s %s, fixed in %q: %s", f.id, f.module, f.version, f.fixed, f.summary))
	}
	for _, id := range slices.Sorted(maps.Keys(allowed)) {
		if _, found := called[id]; !found {
			errs = append(errs, fmt.Errorf("%s is accepted but not found any more: remove it from the list", id))
		}
	}
	return errors.Join(errs...)
}

// unaccepted returns the sorted ids of the findings that have no reason.
func unaccepted(called map[string]finding, allowed map[string]string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(called)) {
		if _, ok := allowed[id]; !ok {
			ids = append(ids, id)
		}
	}
	return ids
}
