package main

import (
	"context"
	"fmt"
)

// The project whose apps are measured has as many apps in a small store as in a
// big one; all other apps are in other projects, of tenants with a few each.
const (
	growthTenant     = "growth"
	pageProject      = "page"
	appsInProject    = 1000
	projectsOfTenant = 5
)

// growth measures the same requests with a thousand apps in the store and with
// many: neither a get nor a page of one project may notice the others.
func (p *platform) growth(ctx context.Context) ([]row, error) {
	if err := p.control(ctx, "kill", controllersProcess); err != nil {
		return nil, err
	}
	if err := p.growthParents(ctx); err != nil {
		return nil, err
	}
	measured := p.ours("namespaces/kn-" + growthTenant + "--" + pageProject + "/apps")
	if _, err := times(ctx, p.options.clients, 0, appsInProject, measured.createApp()); err != nil {
		return nil, err
	}
	small, err := p.sizes(ctx, measured, 0)
	if err != nil {
		return nil, err
	}
	if err := p.fill(ctx); err != nil {
		return nil, err
	}
	big, err := p.sizes(ctx, measured, 1)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf(" with %d apps against %d", p.options.apps, appsInProject)
	return []row{
		compareLatency("REST page of 200 apps"+of, 1.3, big.page, small.page),
		compareLatency("REST list of apps by label"+of, 1.3, big.byLabel, small.byLabel),
		compareLatency("REST list of tenants by owner"+of, 1.3, big.byOwner, small.byOwner),
		compareLatency("native page of 200 apps"+of, 1.3, big.native, small.native),
		compareLatency("native get of an app"+of, 1.3, big.get, small.get),
		compareLatency("native create of an app"+of, 1.3, big.create, small.create),
	}, nil
}

// sizes are the latencies of some requests at one size of the store.
type sizes struct{ page, byLabel, byOwner, native, get, create []sample }

func (p *platform) sizes(ctx context.Context, k kind, edition int) (sizes, error) {
	single := *p
	single.options.clients = 1
	other := p.ours("namespaces/kn-" + growthTenant + "--create/apps")
	const creates = 100
	measured, err := single.interleave(ctx, creates,
		same("page", p.page(growthTenant, pageProject, "limit=200")),
		same("by label", p.page(growthTenant, pageProject, "labelSelector=team%3Dteam-7")),
		same("by owner", p.ownedBy("owner-7@example.com")),
		same("native page", k.list("?limit=200")),
		same("get", k.get(appName, appsInProject)),
		counted("create", edition*1_000_000, creates, other.createApp()))
	if err != nil {
		return sizes{}, err
	}
	return sizes{measured[0], measured[1], measured[2], measured[3], measured[4], measured[5]}, nil
}

func (p *platform) growthParents(ctx context.Context) error {
	if err := p.createTenant(ctx, growthTenant, pageProject, "create"); err != nil {
		return err
	}
	for first := 0; first < p.otherProjects(); first += projectsOfTenant {
		var projects []string
		for i := first; i < min(first+projectsOfTenant, p.otherProjects()); i++ {
			projects = append(projects, otherProject(i))
		}
		if err := p.createTenant(ctx, otherTenant(first), projects...); err != nil {
			return err
		}
	}
	return nil
}

// createTenant creates a tenant, whose owner is ownerOf its name, and its projects.
func (p *platform) createTenant(ctx context.Context, name string, projects ...string) error {
	tenant := fmt.Sprintf(`{"apiVersion":%q,"kind":"Tenant","metadata":{"name":%q},"spec":{"clusterRef":{"name":%q},"owners":[{"kind":"User","name":%q}]}}`,
		ourVersion, name, p.cluster, ownerOf(name))
	if err := p.kubenova.discard(ctx, "POST", "/apis/"+ourVersion+"/tenants", tenant); err != nil {
		return err
	}
	for _, project := range projects {
		body := fmt.Sprintf(`{"apiVersion":%q,"kind":"Project","metadata":{"name":%q}}`, ourVersion, project)
		if err := p.kubenova.discard(ctx, "POST", "/apis/"+ourVersion+"/namespaces/kn-"+name+"/projects", body); err != nil {
			return err
		}
	}
	return nil
}

func ownerOf(tenant string) string { return tenant + "@example.com" }

func (p *platform) otherProjects() int { return (p.options.apps - appsInProject) / appsInProject }

func otherProject(i int) string { return fmt.Sprintf("other-%03d", i) }

// otherTenant is the tenant of the other project i.
func otherTenant(i int) string { return fmt.Sprintf("growth-%03d", i/projectsOfTenant) }

// fill creates the other projects' apps.
func (p *platform) fill(ctx context.Context) error {
	for i := range p.otherProjects() {
		k := p.ours("namespaces/kn-" + otherTenant(i) + "--" + otherProject(i) + "/apps")
		if _, err := times(ctx, p.options.clients, 0, appsInProject, k.createApp()); err != nil {
			return err
		}
	}
	return nil
}
