package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

const (
	// fleet is how many clusters are registered; of each twenty, ten hang, nine refuse
	// connections and one is the platform's own, which is healthy.
	fleet = 1000
	// observed is how long processes are watched, twice.
	observed = time.Minute
	// settleFleet is how long a fleet is left alone before it is measured: a cluster
	// that hangs is known to be away only after a timeout.
	settleFleet = 45 * time.Second
)

// clusters measures what a fleet costs of which most is dead: the processor time
// and memory of both processes, requests for the healthy ones, and what is left when
// it was removed.
func (p *platform) clusters(ctx context.Context) ([]row, error) {
	quiet, err := p.observe(ctx, observed)
	if err != nil {
		return nil, err
	}
	before, err := p.footprint(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := p.askHealthy(ctx)
	if err != nil {
		return nil, err
	}
	hang, err := net.Listen("tcp", "127.0.0.1:0") // accepts into its backlog, and says nothing
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	defer hang.Close()
	if err := p.registerFleet(ctx, "https://"+hang.Addr().String()); err != nil {
		return nil, err
	}
	rows, err := p.withFleet(ctx, quiet, plain)
	if err != nil {
		return nil, err
	}
	after, err := p.removeFleet(ctx, before)
	if err != nil {
		return nil, err
	}
	return append(rows, before.compare(after)...), nil
}

// withFleet measures while the fleet is registered.
func (p *platform) withFleet(ctx context.Context, quiet usage, plain sample) ([]row, error) {
	if err := pause(ctx, settleFleet); err != nil {
		return nil, err
	}
	busy, err := p.observe(ctx, observed)
	if err != nil {
		return nil, err
	}
	asked, err := p.askHealthy(ctx)
	if err != nil {
		return nil, err
	}
	added := busy.cores - quiet.cores
	slower := (asked.quantile(0.99) - plain.quantile(0.99)).Seconds()
	return []row{
		{
			Name:  fmt.Sprintf("cores that %d clusters take, most of them dead", fleet),
			Ratio: added, Goal: 0.1, Better: lower, Ours: fmt.Sprintf("%.3f", busy.cores), Peer: fmt.Sprintf("%.3f without", quiet.cores),
		},
		{
			Name:  fmt.Sprintf("memory of both processes with %d clusters, of 2 GiB", fleet),
			Ratio: busy.memory / (2 << 30), Goal: 1, Better: lower, Ours: mebibytes(busy.memory), Peer: mebibytes(quiet.memory) + " without",
		},
		{
			Name:  "p99 of requests for a healthy cluster: what dead ones add, of 50 ms",
			Ratio: slower / 0.05, Goal: 1, Better: lower,
			Ours: milliseconds(asked.quantile(0.99).Seconds()), Peer: milliseconds(plain.quantile(0.99).Seconds()) + " without",
		},
	}, nil
}

// askHealthy asks the platform's own cluster through the REST door.
func (p *platform) askHealthy(ctx context.Context) (sample, error) {
	path := "/api/v1/clusters/" + p.env["CLUSTER_ID"] + "/capabilities"
	const count = 2000
	return times(ctx, 4, 0, count, func(ctx context.Context, _ int) error { return p.doorREST.discard(ctx, "GET", path, "") })
}

func fleetName(i int) string { return fmt.Sprintf("fleet-%04d", i) }

// registerFleet registers the clusters and waits until each was looked at.
func (p *platform) registerFleet(ctx context.Context, hanging string) error {
	closed, err := freeAddress()
	if err != nil {
		return err
	}
	refusing := "https://" + closed
	files := map[string]string{}
	for _, address := range []string{"", hanging, refusing} {
		if files[address], err = p.targetFile(address); err != nil {
			return err
		}
	}
	began := time.Now()
	_, err = times(ctx, p.options.clients, 0, fleet, func(ctx context.Context, i int) error {
		address := refusing
		switch {
		case i%20 == 0:
			address = ""
		case i%2 == 0:
			address = hanging
		}
		return p.doorREST.discard(ctx, "POST", "/api/v1/clusters", fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, fleetName(i), files[address]))
	})
	if err != nil {
		return fmt.Errorf("registering: %w", err)
	}
	fmt.Printf("  registered within %s\n", time.Since(began).Round(time.Second))
	return poll(ctx, 3*time.Minute, func(ctx context.Context) error {
		known, connected, err := p.fleetStates(ctx)
		if err == nil && (known != fleet || connected != fleet/20) {
			err = fmt.Errorf("%d clusters were looked at, and %d are connected", known, connected)
		}
		return err
	})
}

// fleetStates counts the clusters that were looked at, and those that answer.
func (p *platform) fleetStates(ctx context.Context) (known, connected int, err error) {
	data, err := p.kubenova.read(ctx, "/apis/kubenova.io/v1alpha1/clusters")
	if err != nil {
		return 0, 0, err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return 0, 0, fmt.Errorf("decoding the clusters: %w", err)
	}
	for _, item := range list.Items {
		for _, c := range item.Status.Conditions {
			if item.Metadata.Name == p.cluster || c.Type != "Connected" || c.Status == "Unknown" {
				continue
			}
			known++
			if c.Status == "True" {
				connected++
			}
		}
	}
	return known, connected, nil
}

// targetFile is the kubeconfig of the platform's own cluster, in base64, at another
// address if there is one.
func (p *platform) targetFile(address string) (string, error) {
	config, err := clientcmd.LoadFromFile(filepath.Join(p.options.dir, "kubeconfigs", "target"))
	if err != nil {
		return "", fmt.Errorf("reading the kubeconfig of the target: %w", err)
	}
	for _, c := range config.Clusters {
		if address != "" {
			c.Server = address
		}
	}
	file, err := clientcmd.Write(*config)
	if err != nil {
		return "", fmt.Errorf("writing a kubeconfig: %w", err)
	}
	return base64.StdEncoding.EncodeToString(file), nil
}

// removeFleet removes the clusters and waits until what they held is given back, or
// long enough.
func (p *platform) removeFleet(ctx context.Context, before footprint) (footprint, error) {
	_, err := times(ctx, p.options.clients, 0, fleet, func(ctx context.Context, i int) error {
		return p.doorREST.discard(ctx, "DELETE", "/api/v1/clusters/"+fleetName(i), "")
	})
	if err != nil {
		return footprint{}, fmt.Errorf("removing: %w", err)
	}
	var after footprint
	// Probes that are under way end by themselves, and idle connections are closed.
	err = poll(ctx, 2*time.Minute, func(ctx context.Context) error {
		var err error
		if after, err = p.footprint(ctx); err == nil && after.more(before) {
			err = fmt.Errorf("left are %+v, of %+v before", after, before)
		}
		time.Sleep(time.Second)
		return err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "  ", err) // the rows tell
	}
	return after, nil
}
