package main

import (
	"context"
	"fmt"
	"sync"
)

// flooders is how many clients of one tenant ask as fast as they can.
const flooders = 64

// fairness measures how slow a tenant gets while another one floods the same door.
func (p *platform) fairness(ctx context.Context) ([]row, error) {
	const apps, asks = 200, 200
	doors := map[string]bothDoors{}
	for _, tenant := range []string{"fair-a", "fair-b"} {
		if err := p.createTenant(ctx, tenant, "web"); err != nil {
			return nil, err
		}
		_, err := times(ctx, p.options.clients, 0, apps, p.ours("namespaces/kn-"+tenant+"--web/apps").createApp())
		if err != nil {
			return nil, err
		}
		if doors[tenant], err = p.doorsOf(ctx, ownerOf(tenant), "tenantOwner"); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, name := range []string{"REST", "native"} {
		flood, ask := p.ownPage(doors["fair-a"], "fair-a", name), p.ownPage(doors["fair-b"], "fair-b", name)
		var alone, during []float64
		for range p.options.rounds {
			calm, err := times(ctx, 1, 0, asks, ask)
			if err != nil {
				return nil, fmt.Errorf("alone: %w", err)
			}
			stop := keepAsking(ctx, flood)
			flooded, err := times(ctx, 1, 0, asks, ask)
			served := stop()
			if err != nil || served == 0 {
				return nil, fmt.Errorf("during a flood of which %d were served: %w", served, err)
			}
			alone, during = append(alone, calm.quantile(0.99).Seconds()), append(during, flooded.quantile(0.99).Seconds())
		}
		a, b := median(during), median(alone)
		rows = append(rows, row{
			Name: fmt.Sprintf("p99 of a tenant through %s while %d clients of another flood, against alone", name, flooders), Ratio: a / b, Goal: 5,
			Better: lower, Ours: milliseconds(a), Peer: milliseconds(b),
		})
	}
	return rows, nil
}

// keepAsking has the flooders ask until the function that it returns is called,
// which tells how often they were served. They do not heed a refusal: hostile.
func keepAsking(ctx context.Context, ask operation) (stop func() int) {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	served := make([]int, flooders)
	for i := range flooders {
		group.Go(func() {
			for ctx.Err() == nil {
				if ask(ctx, i) == nil {
					served[i]++
				}
			}
		})
	}
	return func() (sum int) {
		cancel()
		group.Wait()
		for _, n := range served {
			sum += n
		}
		return sum
	}
}

// ownPage reads the apps of the tenant's project through one of its doors.
func (p *platform) ownPage(doors bothDoors, tenant, name string) operation {
	d, path := doors.native, "/apis/"+ourVersion+"/namespaces/kn-"+tenant+"--web/apps?limit=50"
	if name == "REST" {
		d, path = doors.rest, "/api/v1/clusters/"+p.env["CLUSTER_ID"]+"/tenants/"+tenant+"/projects/web/apps?limit=50"
	}
	return func(ctx context.Context, _ int) error { return d.discard(ctx, "GET", path, "") }
}
