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

// growth measures the same requests with ever more apps in the store: neither a get
// nor a page of one project may notice the others.
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
	filled := 0
	for edition, apps := range p.growthSizes() {
		if err := p.fill(ctx, filled, apps/appsInProject-1); err != nil {
			return nil, err
		}
		filled = apps/appsInProject - 1
		now, err := p.sizes(ctx, measured, edition)
		if err != nil {
			return nil, err
		}
		now.apps = apps
		p.growths = append(p.growths, now)
		fmt.Printf("  %d apps: page %s, get %s, create %s, live heap %s\n", apps,
			milliseconds(now.page), milliseconds(now.get), milliseconds(now.create), mebibytes(now.heap))
	}
	return growthRows(p.growths), nil
}

// growthSizes are the numbers of apps that are measured.
func (p *platform) growthSizes() []int {
	out := []int{appsInProject}
	for size := 10 * appsInProject; size < p.options.apps; size *= 10 {
		out = append(out, size)
	}
	return append(out, p.options.apps)
}

// growthRows compares the biggest store with the smallest, and the memory that an
// app takes in the biggest with that in the one before.
func growthRows(all []sizes) []row {
	small, before, big := all[0], all[len(all)-2], all[len(all)-1]
	of := fmt.Sprintf(" with %d apps against %d", big.apps, small.apps)
	line := func(what string, ours, peer float64) row {
		return row{Name: what + of, Ratio: ours / peer, Goal: 1.3, Better: lower, Ours: milliseconds(ours), Peer: milliseconds(peer)}
	}
	rows := []row{
		line("REST page of 200 apps", big.page, small.page),
		line("REST list of apps by label", big.byLabel, small.byLabel),
		line("REST list of tenants by owner", big.byOwner, small.byOwner),
		line("native page of 200 apps", big.native, small.native),
		line("native get of an app", big.get, small.get),
		line("native create of an app", big.create, small.create),
	}
	if len(all) < 3 {
		return rows
	}
	last, first := big.perApp(before), before.perApp(small)
	return append(rows, row{
		Name:  fmt.Sprintf("live memory of an app from %d to %d apps, against from %d to %d", before.apps, big.apps, small.apps, before.apps),
		Ratio: last / first, Goal: 1.2, Better: lower,
		Ours: fmt.Sprintf("%.1f KiB", last/1024), Peer: fmt.Sprintf("%.1f KiB", first/1024),
	})
}

// sizes are the median latencies in seconds of some requests, and the server's live
// heap in bytes, at one size of the store.
type sizes struct {
	apps                                        int
	page, byLabel, byOwner, native, get, create float64
	heap                                        float64
}

// perApp is the memory of each app that a smaller store has not.
func (s sizes) perApp(smaller sizes) float64 {
	return (s.heap - smaller.heap) / float64(s.apps-smaller.apps)
}

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
	heap, err := liveHeap(ctx, p.kubenova)
	if err != nil {
		return sizes{}, err
	}
	of := func(i int) float64 { return median(medians(measured[i])) }
	return sizes{page: of(0), byLabel: of(1), byOwner: of(2), native: of(3), get: of(4), create: of(5), heap: heap}, nil
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

// fill creates the apps of the other projects from first to last-1.
func (p *platform) fill(ctx context.Context, first, last int) error {
	for i := first; i < last; i++ {
		k := p.ours("namespaces/kn-" + otherTenant(i) + "--" + otherProject(i) + "/apps")
		if _, err := times(ctx, p.options.clients, 0, appsInProject, k.createApp()); err != nil {
			return err
		}
	}
	return nil
}
