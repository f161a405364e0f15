package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// heaps are the live heaps of both servers, in bytes.
type heaps struct{ ours, peer float64 }

func (p *platform) memoryBefore(ctx context.Context) (heaps, error) {
	ours, err := liveHeap(ctx, p.kubenova)
	if err != nil {
		return heaps{}, err
	}
	peer, err := liveHeap(ctx, p.kube)
	return heaps{ours, peer}, err
}

// memoryAfter compares what objects have added to the live heaps.
func (p *platform) memoryAfter(ctx context.Context, before heaps, objects int) (row, error) {
	after, err := p.memoryBefore(ctx)
	if err != nil {
		return row{}, err
	}
	scale := 10_000 / float64(objects)
	ours, peer := (after.ours-before.ours)*scale, (after.peer-before.peer)*scale
	return row{
		Name: "server memory for 10,000 tenants against custom resources", Ratio: ours / peer,
		Goal: 0.5, Better: lower, Ours: mebibytes(ours), Peer: mebibytes(peer),
	}, nil
}

// liveHeap is what is left of a server's heap after its garbage collections: the
// least of what it allocated while small requests make it collect.
func liveHeap(ctx context.Context, d *door) (float64, error) {
	least := 0.0
	for range 40 {
		if _, err := times(ctx, 8, 0, 400, func(ctx context.Context, _ int) error {
			return d.discard(ctx, "GET", "/version", "")
		}); err != nil {
			return 0, err
		}
		value, err := metric(ctx, d, "go_memstats_heap_alloc_bytes")
		if err != nil {
			return 0, err
		}
		if least == 0 || value < least {
			least = value
		}
		time.Sleep(50 * time.Millisecond)
	}
	return least, nil
}

// metric reads one metric without labels.
func metric(ctx context.Context, d *door, name string) (float64, error) {
	data, err := d.read(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("%s has no metric %s", d.base, name)
}
