package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

// rest compares the REST door with the native one: the same caller, the same
// objects, connections kept open.
func (p *platform) rest(ctx context.Context) ([]row, error) {
	uids, err := p.tenantUIDs(ctx, 500)
	if err != nil {
		return nil, err
	}
	byUID := func(ctx context.Context, i int) error {
		return p.doorREST.discard(ctx, "GET", p.tenantPath(uids[i%len(uids)]), "")
	}
	native := p.ours("tenants").through(p.doorNative)
	single := *p
	single.options.clients = 1
	gets, err := single.interleave(ctx, 500, same("rest", byUID), same("native", native.get(tenantName, len(uids))))
	if err != nil {
		return nil, err
	}
	rows := []row{compareLatency("get by uid through REST against a native get", 2, gets[0], gets[1])}
	callers, err := p.callers(ctx)
	if err != nil {
		return nil, err
	}
	crowd, err := p.crowd(ctx, func(ctx context.Context, i int) error {
		return callers[i%len(callers)].discard(ctx, "GET", p.tenantPath(uids[i%len(uids)]), "")
	})
	if err != nil {
		return nil, err
	}
	return append(rows, crowd), nil
}

func (p *platform) tenantPath(uid string) string {
	return "/api/v1/clusters/" + p.env["CLUSTER_ID"] + "/tenants/" + uid
}

// callers are REST doors of different people: one alone has not as many places in the
// queues of the host's priority levels.
func (p *platform) callers(ctx context.Context) ([]*door, error) {
	out := make([]*door, 50)
	for i := range out {
		both, err := p.doorsOf(ctx, fmt.Sprintf("bench-%d", i), "admin")
		if err != nil {
			return nil, err
		}
		out[i] = both.rest
	}
	return out, nil
}

// crowd has a thousand REST clients ask at once. An error of one ends the run.
func (p *platform) crowd(ctx context.Context, do operation) (row, error) {
	const clients, limit = 1000, time.Second
	if _, err := times(ctx, clients, 0, 2*clients, do); err != nil {
		return row{}, fmt.Errorf("%d clients: %w", clients, err)
	}
	measured, err := times(ctx, clients, 0, 10*clients, do)
	if err != nil {
		return row{}, fmt.Errorf("%d clients: %w", clients, err)
	}
	worst := measured.quantile(0.99)
	return row{
		Name: "p99 of 1,000 concurrent REST clients against one second", Ratio: worst.Seconds() / limit.Seconds(),
		Goal: 1, Better: lower, Ours: milliseconds(worst.Seconds()), Peer: milliseconds(limit.Seconds()),
	}, nil
}

// tenantUIDs returns the uids of the first measured tenants, in their order.
func (p *platform) tenantUIDs(ctx context.Context, n int) ([]string, error) {
	uids := make([]string, n)
	ours := p.ours("tenants")
	for i := range uids {
		uid, err := p.uid(ctx, ours.collection+"/"+tenantName(i))
		if err != nil {
			return nil, err
		}
		uids[i] = uid
	}
	return uids, nil
}

func (p *platform) uid(ctx context.Context, path string) (string, error) {
	data, err := p.kubenova.read(ctx, path)
	if err != nil {
		return "", err
	}
	var object struct {
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(data, &object); err != nil || object.Metadata.UID == "" {
		return "", fmt.Errorf("%s has no uid: %w", path, err)
	}
	return object.Metadata.UID, nil
}

// page reads a page of the apps of one project through REST.
func (p *platform) page(tenant, project, query string) operation {
	path := "/api/v1/clusters/" + url.PathEscape(p.cluster) + "/tenants/" + tenant + "/projects/" + project + "/apps?" + query
	return func(ctx context.Context, _ int) error { return p.doorREST.discard(ctx, "GET", path, "") }
}

// ownedBy lists the tenants of an owner through REST.
func (p *platform) ownedBy(owner string) operation {
	path := "/api/v1/clusters/" + url.PathEscape(p.cluster) + "/tenants?owner=" + url.QueryEscape(owner)
	return func(ctx context.Context, _ int) error { return p.doorREST.discard(ctx, "GET", path, "") }
}
