package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

const watchers = 100

// watchFanOut compares how long a change takes to reach every one of many watchers.
func (p *platform) watchFanOut(ctx context.Context) ([]row, error) {
	ours, err := p.fanOut(ctx, p.ours("tenants"))
	if err != nil {
		return nil, fmt.Errorf("kubenova: %w", err)
	}
	defer ours.close()
	crd, err := p.fanOut(ctx, p.crd("tenants"))
	if err != nil {
		return nil, fmt.Errorf("custom resource: %w", err)
	}
	defer crd.close()
	single := *p
	single.options.clients = 1
	const changes = 40
	measured, err := single.interleave(ctx, changes, counted("kubenova", 0, changes, ours.change), counted("custom resource", 0, changes, crd.change))
	if err != nil {
		return nil, err
	}
	return []row{compareLatency(fmt.Sprintf("a change seen by %d watchers against a custom resource", watchers), 0.7, measured[0], measured[1])}, nil
}

// fanOut is a set of watchers of one collection.
type fanOut struct {
	kind   kind
	seen   chan error
	cancel context.CancelFunc
	group  sync.WaitGroup
}

func (p *platform) fanOut(ctx context.Context, k kind) (*fanOut, error) {
	list, err := k.door.read(ctx, k.collection+"?limit=1")
	if err != nil {
		return nil, err
	}
	version, err := resourceVersion(list)
	if err != nil {
		return nil, err
	}
	// Servers allow different numbers of streams on one connection: changes would be sent
	// over that of the watchers to one, and over another one to its peer.
	apart, err := k.door.apart()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &fanOut{kind: k, seen: make(chan error, watchers), cancel: cancel}
	for range watchers {
		response, err := apart.open(ctx, "GET", k.collection+"?watch=true&resourceVersion="+version, "")
		if err != nil {
			f.close()
			return nil, err
		}
		f.group.Go(func() { f.follow(response.Body) })
	}
	return f, nil
}

// follow tells of each event of a stream, which the last field of the changed
// label makes recognizable; events are not decoded, since the clients share the
// machine with the servers.
func (f *fanOut) follow(body io.ReadCloser) {
	defer body.Close()
	lines := bufio.NewReaderSize(body, 1<<16)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			f.seen <- err
			return
		}
		if bytes.Contains(line, []byte(`"MODIFIED"`)) {
			f.seen <- nil
		}
	}
}

// change changes an object and waits until every watcher has seen it.
func (f *fanOut) change(ctx context.Context, i int) error {
	patch := fmt.Sprintf(`{"metadata":{"labels":{"seen":"%d"}}}`, i)
	if err := f.kind.patch(ctx, tenantName(i%10), patch); err != nil {
		return err
	}
	timeout := time.After(30 * time.Second)
	for range watchers {
		select {
		case err := <-f.seen:
			if err != nil {
				return fmt.Errorf("a watcher ended: %w", err)
			}
		case <-timeout:
			return fmt.Errorf("not every watcher saw change %d", i)
		}
	}
	return nil
}

func (f *fanOut) close() {
	f.cancel()
	done := make(chan struct{})
	go func() { f.group.Wait(); close(done) }()
	for {
		select {
		case err := <-f.seen:
			_ = err // what a watcher says on its way out
		case <-done:
			return
		}
	}
}

// resourceVersion of a list, found in its metadata.
func resourceVersion(list []byte) (string, error) {
	const key = `"resourceVersion":"`
	_, rest, found := bytes.Cut(list, []byte(key))
	digits := rest[:max(0, slices.Index(rest, '"'))]
	if _, err := strconv.ParseUint(string(digits), 10, 64); !found || err != nil {
		return "", fmt.Errorf("the list has no resourceVersion")
	}
	return string(digits), nil
}
