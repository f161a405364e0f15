package main

import (
	"context"
	"fmt"
)

// native compares KubeNova's own API with the same objects as custom resources
// of the kube-apiserver, on the same etcd, each spoken to directly.
func (p *platform) native(ctx context.Context) ([]row, error) {
	if err := p.control(ctx, "kill", controllersProcess); err != nil {
		return nil, err
	}
	if err := p.installCRDs(ctx); err != nil {
		return nil, err
	}
	// Kubernetes takes in new kinds, and what was converged before, for a while.
	if err := p.calm(ctx, kubeProcess); err != nil {
		return nil, err
	}
	ours, crd := p.ours("tenants"), p.crd("tenants")
	memory, err := p.memoryBefore(ctx)
	if err != nil {
		return nil, err
	}
	perRound := p.options.objects / (p.options.rounds + 1)
	rows := make([]row, 0, 8)
	compare := func(name string, goal float64, rowOf func(string, float64, []sample, []sample) row, count int, a, b side) error {
		measured, err := p.interleave(ctx, count, a, b)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, rowOf(name, goal, measured[0], measured[1]))
		return nil
	}
	if err := compare("tenant create against a custom resource", 1.3, compareRates, perRound,
		counted("kubenova", 0, perRound, ours.createTenant(p.cluster)),
		counted("custom resource", 0, perRound, crd.createTenant(p.cluster))); err != nil {
		return nil, err
	}
	created := perRound * (p.options.rounds + 1)
	memoryRow, err := p.memoryAfter(ctx, memory, created)
	if err != nil {
		return nil, err
	}
	rows = append(rows, memoryRow)
	if err := compare("tenant get against a custom resource", 1, compareRates, 4000,
		same("kubenova", ours.get(tenantName, created)), same("custom resource", crd.get(tenantName, created))); err != nil {
		return nil, err
	}
	single := *p
	single.options.clients = 1
	lists, err := single.interleave(ctx, 4, same("kubenova", ours.list("")), same("custom resource", crd.list("")))
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	rows = append(rows, speedup(fmt.Sprintf("list of %d tenants against custom resources", created), 3, lists[0], lists[1]))
	if err := compare("tenant update against a custom resource", 1, compareRates, 1500,
		counted("kubenova", 0, 1500, ours.update(created)),
		counted("custom resource", 0, 1500, crd.update(created))); err != nil {
		return nil, err
	}
	return rows, nil
}

// aggregator measures what the hop through kube-apiserver costs.
func (p *platform) aggregator(ctx context.Context) ([]row, error) {
	direct := p.ours("tenants")
	created := p.options.objects / (p.options.rounds + 1) * (p.options.rounds + 1)
	hop := direct.through(p.kube)
	measured, err := p.interleave(ctx, 3000, same("aggregated", hop.get(tenantName, created)), same("direct", direct.get(tenantName, created)))
	if err != nil {
		return nil, err
	}
	return []row{compareLatency("get through the aggregator against direct", 3, measured[0], measured[1])}, nil
}
