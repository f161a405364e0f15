package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// clockTick is the unit of processor times in /proc: USER_HZ is 100 on every Linux
// that Go runs on.
const clockTick = 10 * time.Millisecond

func measuredProcesses() []string { return []string{kubenovaProcess, controllersProcess} }

// usage is what KubeNova's processes take together.
type usage struct {
	// cores of processor time, and resident memory in bytes.
	cores, memory float64
}

// observe watches the processes for a while.
func (p *platform) observe(ctx context.Context, length time.Duration) (usage, error) {
	spent := func() (time.Duration, float64, error) {
		var total time.Duration
		var memory float64
		for _, name := range measuredProcesses() {
			process, err := p.process(name)
			if err != nil {
				return 0, 0, err
			}
			time, err := processorTime(process.PID)
			if err != nil {
				return 0, 0, err
			}
			resident, err := residentMemory(process.PID)
			if err != nil {
				return 0, 0, err
			}
			total, memory = total+time, memory+resident
		}
		return total, memory, nil
	}
	began := time.Now()
	before, _, err := spent()
	if err != nil {
		return usage{}, err
	}
	if err := pause(ctx, length); err != nil {
		return usage{}, err
	}
	after, memory, err := spent()
	return usage{cores: (after - before).Seconds() / time.Since(began).Seconds(), memory: memory}, err
}

// calm waits until a process has next to nothing to do, or long enough.
func (p *platform) calm(ctx context.Context, name string) error {
	const enough, look, little = 2 * time.Minute, 2 * time.Second, 200 * time.Millisecond
	process, err := p.process(name)
	if err != nil {
		return err
	}
	for before, began := time.Duration(-1), time.Now(); time.Since(began) < enough; {
		now, err := processorTime(process.PID)
		if err != nil {
			return err
		}
		if before >= 0 && now-before < little {
			return nil
		}
		before = now
		if err := pause(ctx, look); err != nil {
			return err
		}
	}
	return nil
}

// processorTime is what a process has spent in user and system mode.
func processorTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the times of a process: %w", err)
	}
	// The name in parentheses may hold anything; the state comes after it.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("the times of process %d: %q", pid, data)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the times of process %d: %w", pid, err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the times of process %d: %w", pid, err)
	}
	return time.Duration(user+system) * clockTick, nil
}

func residentMemory(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of a process: %w", err)
	}
	var size, resident float64
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		return 0, fmt.Errorf("the memory of process %d: %w", pid, err)
	}
	return resident * float64(os.Getpagesize()), nil
}

// footprint is what clusters may leave behind.
type footprint struct {
	// sockets of both processes, goroutines of the API server, and keys of stored
	// credentials. Goroutines of the controllers are counted by a test of theirs.
	sockets, goroutines, credentials float64
}

// more says whether there is more than before, but for a few that come and go.
func (f footprint) more(before footprint) bool {
	return f.sockets > before.sockets*1.1+5 || f.goroutines > before.goroutines*1.1 || f.credentials > before.credentials
}

// compare tells what is left of each. A few sockets come and go with callers.
func (f footprint) compare(after footprint) []row {
	line := func(what string, before, after, ratio, goal float64) row {
		return row{
			Name: fmt.Sprintf("%s after %d registrations and removals", what, fleet), Ratio: ratio, Goal: goal, Better: lower,
			Ours: fmt.Sprintf("%.0f", after), Peer: fmt.Sprintf("%.0f before", before),
		}
	}
	return []row{
		line("sockets that each leaves in both processes", f.sockets, after.sockets, (after.sockets-f.sockets)/fleet, 0.02),
		line("goroutines of the API server", f.goroutines, after.goroutines, after.goroutines/f.goroutines, 1.1),
		line("stored credentials", f.credentials, after.credentials, after.credentials/f.credentials, 1),
	}
}

func (p *platform) footprint(ctx context.Context) (footprint, error) {
	var out footprint
	var err error
	for _, name := range measuredProcesses() {
		process, err := p.process(name)
		if err != nil {
			return out, err
		}
		count, err := sockets(process.PID)
		if err != nil {
			return out, err
		}
		out.sockets += count
	}
	if out.goroutines, err = metric(ctx, p.kubenova, "go_goroutines"); err != nil {
		return out, err
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{p.etcdURL}, DialTimeout: 10 * time.Second})
	if err != nil {
		return out, fmt.Errorf("connecting to etcd: %w", err)
	}
	defer client.Close()
	keys, err := client.Get(ctx, "/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return out, fmt.Errorf("listing keys: %w", err)
	}
	for _, kv := range keys.Kvs {
		if bytes.Contains(kv.Key, []byte("/clustercredentials/")) {
			out.credentials++
		}
	}
	return out, nil
}

// sockets counts the open sockets of a process.
func sockets(pid int) (float64, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return 0, fmt.Errorf("listing open files: %w", err)
	}
	count := 0.0
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil && strings.HasPrefix(target, "socket:") {
			count++
		}
	}
	return count, nil
}
