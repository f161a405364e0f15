package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// flooders is how many clients of one tenant ask as fast as they can.
const flooders = 64

// fairness measures how slow a tenant gets while another one floods the same door.
func (p *platform) fairness(ctx context.Context) ([]row, error) {
	const apps, asks = 200, 200
	doors := map[string]map[string]*door{}
	for _, tenant := range []string{"fair-a", "fair-b"} {
		if err := p.fairTenant(ctx, tenant, apps); err != nil {
			return nil, err
		}
		var err error
		if doors[tenant], err = p.doorsOf(ctx, tenant+"@example.com"); err != nil {
			return nil, err
		}
	}
	var rows []row
	for _, name := range []string{"REST", "native"} {
		flood, ask := ownPage(doors["fair-a"][name], p, "fair-a", name), ownPage(doors["fair-b"][name], p, "fair-b", name)
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

// ownPage reads the apps of the tenant's project through a door.
func ownPage(d *door, p *platform, tenant, name string) operation {
	path := "/apis/" + ourVersion + "/namespaces/kn-" + tenant + "--web/apps?limit=50"
	if name == "REST" {
		path = "/api/v1/clusters/" + p.env["CLUSTER_ID"] + "/tenants/" + tenant + "/projects/web/apps?limit=50"
	}
	return func(ctx context.Context, _ int) error { return d.discard(ctx, "GET", path, "") }
}

// fairTenant creates a tenant with an owner of its name, and its apps.
func (p *platform) fairTenant(ctx context.Context, name string, apps int) error {
	tenant := fmt.Sprintf(`{"apiVersion":%q,"kind":"Tenant","metadata":{"name":%q},"spec":{"clusterRef":{"name":%q},"owners":[{"kind":"User","name":"%s@example.com"}]}}`,
		ourVersion, name, p.cluster, name)
	if err := p.kubenova.discard(ctx, "POST", "/apis/"+ourVersion+"/tenants", tenant); err != nil {
		return err
	}
	project := fmt.Sprintf(`{"apiVersion":%q,"kind":"Project","metadata":{"name":"web"}}`, ourVersion)
	if err := p.kubenova.discard(ctx, "POST", "/apis/"+ourVersion+"/namespaces/kn-"+name+"/projects", project); err != nil {
		return err
	}
	_, err := times(ctx, p.options.clients, 0, apps, p.ours("namespaces/kn-"+name+"--web/apps").createApp())
	return err
}

// doorsOf are both doors with a token of an owner of tenants.
func (p *platform) doorsOf(ctx context.Context, owner string) (map[string]*door, error) {
	token, err := p.token(ctx, owner, "tenantOwner")
	if err != nil {
		return nil, err
	}
	native := rest.AnonymousClientConfig(p.config)
	native.Host, native.BearerToken, native.DisableCompression = strings.TrimSuffix(p.kubenova.base, "/"), token, true
	out := map[string]*door{}
	for name, config := range map[string]*rest.Config{"native": native, "REST": {Host: p.env["BASE"], BearerToken: token, DisableCompression: true}} {
		if out[name], err = newDoor(config); err != nil {
			return nil, err
		}
	}
	return out, nil
}
