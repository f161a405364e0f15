package main

import (
	"context"
	"fmt"
	"time"
)

// start measures how long a killed API server takes until it is ready again on
// a full store, KubeNova's against kube-apiserver.
func (p *platform) start(ctx context.Context) ([]row, error) {
	var ours, peer []float64
	for range min(3, p.options.rounds) {
		took, err := p.restart(ctx, kubenovaProcess, p.kubenova)
		if err != nil {
			return nil, err
		}
		ours = append(ours, took.Seconds())
		if took, err = p.restart(ctx, kubeProcess, p.kube); err != nil {
			return nil, err
		}
		peer = append(peer, took.Seconds())
	}
	a, b := median(ours), median(peer)
	return []row{{
		Name: "start to ready against kube-apiserver, same etcd", Ratio: a / b, Goal: 1, Better: lower,
		Ours: fmt.Sprintf("%.1f s", a), Peer: fmt.Sprintf("%.1f s", b),
	}}, nil
}

// restart kills a server, starts it again and waits until it is ready.
func (p *platform) restart(ctx context.Context, name string, d *door) (time.Duration, error) {
	if err := p.control(ctx, "kill", name); err != nil {
		return 0, err
	}
	failed := make(chan error, 1)
	began := time.Now()
	go func() { failed <- p.control(ctx, "start", name) }()
	err := poll(ctx, 2*time.Minute, func(ctx context.Context) error {
		return d.discard(ctx, "GET", "/readyz", "")
	})
	took := time.Since(began)
	if controlErr := <-failed; controlErr != nil {
		return 0, controlErr
	}
	return took, err
}
