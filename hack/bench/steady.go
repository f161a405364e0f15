package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kubenova/kubenova/test/memorycluster"
)

const (
	// simulatedClusters share the tenants of the steady state; one more is real and
	// has realTenants.
	simulatedClusters = 10
	realTenants       = 10
	projectsEach      = 2
	appsEach          = 5
	// restLength is how long a full platform is watched at rest: one round of usage
	// samples, which are taken every five minutes, is in it.
	restLength = 5 * time.Minute
	// calmLength is how long nothing may be written before a platform counts as at rest.
	calmLength = 20 * time.Second
)

// steady measures what a full platform costs while nobody wants anything.
func (p *platform) steady(ctx context.Context) ([]row, error) {
	simulated := make([]*memorycluster.Cluster, simulatedClusters)
	for i := range simulated {
		simulated[i] = memorycluster.New()
		defer simulated[i].Close()
		defer simulated[i].CloseClientConnections()
	}
	if err := p.populate(ctx, simulated); err != nil {
		return nil, err
	}
	if err := p.waitForRest(ctx, simulated); err != nil {
		return nil, err
	}
	if err := p.everythingIsReady(ctx); err != nil {
		return nil, err
	}
	before, err := p.written(ctx, simulated)
	if err != nil {
		return nil, err
	}
	used, err := p.observe(ctx, restLength)
	if err != nil {
		return nil, err
	}
	after, err := p.written(ctx, simulated)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf(" with %d tenants, %d projects and %d apps at rest", p.options.tenants, projectsEach*p.options.tenants, appsEach*p.options.tenants)
	return []row{
		{
			Name: "writes in 5 minutes" + of, Ratio: after.intent - before.intent, Goal: 0, Better: lower,
			Ours: fmt.Sprintf("%.0f", after.intent-before.intent), Peer: fmt.Sprintf("%.0f of usage", after.usage-before.usage),
		},
		{
			Name: "cores of both processes" + of, Ratio: used.cores, Goal: 0.02, Better: lower,
			Ours: fmt.Sprintf("%.3f", used.cores), Peer: "1",
		},
		{
			Name: "memory of both processes" + of + ", of 2 GiB", Ratio: used.memory / (2 << 30), Goal: 1, Better: lower,
			Ours: mebibytes(used.memory), Peer: "2048 MiB",
		},
	}, nil
}

// populate registers the simulated clusters and deploys every app.
func (p *platform) populate(ctx context.Context, simulated []*memorycluster.Cluster) error {
	for i, c := range simulated {
		body := fmt.Sprintf(`{"name":%q,"kubeconfig":%q}`, simulatedName(i), base64.StdEncoding.EncodeToString(c.Kubeconfig()))
		if err := p.doorREST.discard(ctx, "POST", "/api/v1/clusters", body); err != nil {
			return err
		}
	}
	began := time.Now()
	for i := range realTenants {
		if err := p.createTenant(ctx, fmt.Sprintf("real-%02d", i), restingProject(0), restingProject(1)); err != nil {
			return err
		}
	}
	_, err := times(ctx, p.options.clients, 0, p.options.tenants, func(ctx context.Context, i int) error {
		there := *p
		there.cluster = simulatedName(i % len(simulated))
		return there.restingTenant(ctx, fmt.Sprintf("rest-%05d", i))
	})
	fmt.Printf("  asked for within %s\n", time.Since(began).Round(time.Second))
	return err
}

func simulatedName(i int) string  { return fmt.Sprintf("simulated-%d", i) }
func restingProject(i int) string { return fmt.Sprintf("p%d", i) }

// restingTenant creates a tenant with its projects and deployed apps.
func (p *platform) restingTenant(ctx context.Context, name string) error {
	if err := p.createTenant(ctx, name, restingProject(0), restingProject(1)); err != nil {
		return err
	}
	for i := range appsEach {
		k := p.ours("namespaces/kn-" + name + "--" + restingProject(i%projectsEach) + "/apps")
		if err := k.createApp()(ctx, i); err != nil {
			return err
		}
		deploy := fmt.Sprintf(`{"apiVersion":%q,"kind":"AppDeploy","metadata":{"name":%q}}`, ourVersion, appName(i))
		if err := k.door.discard(ctx, "POST", k.collection+"/"+appName(i)+"/deploy", deploy); err != nil {
			return err
		}
	}
	return nil
}

// writes are counted apart: those of usage samples, and all others.
type writes struct{ intent, usage float64 }

var mutating = regexp.MustCompile(`^apiserver_request_total\{.*verb="(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)"`)

// written is what was written to KubeNova and to the simulated clusters so far.
func (p *platform) written(ctx context.Context, simulated []*memorycluster.Cluster) (writes, error) {
	var out writes
	for _, c := range simulated {
		out.intent += float64(c.CountWrites())
	}
	data, err := p.kubenova.read(ctx, "/metrics")
	if err != nil {
		return out, err
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !mutating.MatchString(line) {
			continue
		}
		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return out, fmt.Errorf("reading a metric: %w", err)
		}
		if strings.Contains(line, `resource="usagehistories"`) {
			out.usage += value
		} else {
			out.intent += value
		}
	}
	return out, lines.Err()
}

// waitForRest waits until nothing was written for a while.
func (p *platform) waitForRest(ctx context.Context, simulated []*memorycluster.Cluster) error {
	began := time.Now()
	limit := 5*time.Minute + time.Duration(p.options.tenants)*time.Second
	last, since := writes{}, time.Now()
	for time.Since(since) < calmLength {
		now, err := p.written(ctx, simulated)
		if err != nil {
			return err
		}
		if now.intent != last.intent {
			last, since = now, time.Now()
		}
		if time.Since(began) > limit {
			return fmt.Errorf("there are writes still after %s", limit)
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	fmt.Printf("  at rest after another %s\n", time.Since(began).Round(time.Second))
	return nil
}

// everythingIsReady fails for an object that is not in effect: a platform that does
// nothing because it is stuck is not at rest.
func (p *platform) everythingIsReady(ctx context.Context) error {
	for resource, want := range map[string]int{
		"tenants":  p.options.tenants + realTenants,
		"projects": projectsEach * (p.options.tenants + realTenants),
		"apps":     appsEach * p.options.tenants,
	} {
		ready, example, err := p.countReady(ctx, resource)
		if err != nil {
			return err
		}
		if ready != want {
			return fmt.Errorf("%d of %d %s are in effect, and not %s", ready, want, resource, example)
		}
	}
	return nil
}

// countReady pages through a kind, counts what is in effect and names one that is not.
func (p *platform) countReady(ctx context.Context, resource string) (ready int, example string, err error) {
	for next := ""; ; {
		data, err := p.kubenova.read(ctx, "/apis/"+ourVersion+"/"+resource+"?limit=500&continue="+url.QueryEscape(next))
		if err != nil {
			return 0, "", err
		}
		var list struct {
			Metadata struct{ Continue string }
			Items    []struct {
				Metadata struct{ Namespace, Name string }
				Status   json.RawMessage
			}
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return 0, "", fmt.Errorf("decoding %s: %w", resource, err)
		}
		for _, item := range list.Items {
			if inEffect(item.Status) {
				ready++
			} else {
				example = fmt.Sprintf("%s/%s: %s", item.Metadata.Namespace, item.Metadata.Name, item.Status)
			}
		}
		if next = list.Metadata.Continue; next == "" {
			return ready, example, nil
		}
	}
}

// inEffect says whether a status has the condition Ready, and of apps the phase Running.
func inEffect(data json.RawMessage) bool {
	var status struct {
		Phase      string
		Conditions []struct{ Type, Status string }
	}
	if err := json.Unmarshal(data, &status); err != nil {
		return false
	}
	if status.Phase != "" && status.Phase != "Running" {
		return false
	}
	for _, c := range status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}
