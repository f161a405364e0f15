package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcdPut compares creates of tenants with puts of as many bytes to the same
// etcd by as many clients: the limit that no API server can pass.
func (p *platform) etcdPut(ctx context.Context) ([]row, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{p.etcdURL}, DialTimeout: 10 * time.Second})
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd: %w", err)
	}
	defer client.Close()
	ours := p.ours("tenants")
	stored, err := ours.door.read(ctx, ours.collection+"/"+tenantName(0))
	if err != nil {
		return nil, err
	}
	if !json.Valid(stored) {
		return nil, fmt.Errorf("the stored tenant is not JSON")
	}
	value := string(stored)
	put := func(ctx context.Context, i int) error {
		_, err := client.Put(ctx, fmt.Sprintf("/bench/%09d", i), value)
		return err
	}
	const count = 2000
	first := 2 * p.options.objects
	measured, err := p.interleave(ctx, count, counted("kubenova", first, count, ours.createTenant(p.cluster)), counted("etcd", 0, count, put))
	if err != nil {
		return nil, err
	}
	return []row{compareRates("tenant create against a put of its bytes to etcd", 0.16, measured[0], measured[1])}, nil
}
