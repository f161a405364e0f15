package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// stopGrace is how long a process may take to end on SIGTERM.
const stopGrace = 5 * time.Second

func loadRecord(l layout, name string) (record, error) {
	data, err := os.ReadFile(l.pid(name))
	if errors.Is(err, os.ErrNotExist) {
		return record{}, fmt.Errorf("no process %q here, see localcluster status", name)
	}
	if err != nil {
		return record{}, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, fmt.Errorf("decoding the record of %s: %w", name, err)
	}
	return r, nil
}

// loadRecords returns all processes of the cluster in the order of their start.
func loadRecords(l layout) ([]record, error) {
	files, err := filepath.Glob(l.pid("*"))
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	records := make([]record, 0, len(files))
	for _, file := range files {
		r, err := loadRecord(l, strings.TrimSuffix(filepath.Base(file), ".json"))
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b record) int {
		if a.Stage != b.Stage {
			return a.Stage - b.Stage
		}
		return strings.Compare(a.Name, b.Name)
	})
	return records, nil
}

// stopAll stops stage after stage, the last one first: kube-apiserver lingers
// for minutes when its etcd goes before it.
func stopAll(ctx context.Context, l layout) error {
	records, err := loadRecords(l)
	if err != nil {
		return err
	}
	slices.Reverse(records)
	for len(records) > 0 {
		stage := records[0].Stage
		n := slices.IndexFunc(records, func(r record) bool { return r.Stage != stage })
		if n < 0 {
			n = len(records)
		}
		if err := stopTogether(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

func stopTogether(ctx context.Context, records []record) error {
	errs := make([]error, len(records))
	var group sync.WaitGroup
	for i, r := range records {
		group.Go(func() { errs[i] = r.stop(ctx, stopGrace) })
	}
	group.Wait()
	return errors.Join(errs...)
}
