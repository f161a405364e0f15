package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

var (
	capsuleTenants = schema.GroupVersionResource{Group: "capsule.clastix.io", Version: "v1beta2", Resource: "tenants"}
	tenantOwners   = schema.GroupVersionResource{Group: "capsule.clastix.io", Version: "v1beta2", Resource: "tenantowners"}
)

const converging = 100

// convergence compares how fast tenants that REST has accepted appear on their
// cluster with a plain parallel server-side apply of the same objects there.
func (p *platform) convergence(ctx context.Context) ([]row, error) {
	// One tenant made by KubeNova is the template of what the peer applies.
	if _, _, err := p.carry(ctx, "warm", 20); err != nil {
		return nil, err
	}
	template, err := p.template(ctx, "warm-00000")
	if err != nil {
		return nil, err
	}
	var ours, peer []sample
	for round := range min(3, p.options.rounds) {
		rate, latencies, err := p.carry(ctx, fmt.Sprintf("rest%d", round), converging)
		if err != nil {
			return nil, err
		}
		ours = append(ours, sample{rate: rate, latencies: latencies})
		fmt.Printf("  round %d: %.1f/s, p50 %s\n", round, rate, latencies[len(latencies)/2])
		applied, err := times(ctx, p.options.clients, 0, converging, p.apply(template, fmt.Sprintf("plain%d", round)))
		if err != nil {
			return nil, fmt.Errorf("plain apply: %w", err)
		}
		peer = append(peer, applied)
		fmt.Printf("  round %d: plain %.1f/s, p50 %s\n", round, applied.rate, applied.median())
	}
	out := compareRates(fmt.Sprintf("%d tenants from REST to Capsule against a plain parallel apply", converging), 0.7, ours, peer)
	last := ours[len(ours)-1]
	out.Ours += fmt.Sprintf(" (answer to object p50 %s, p99 %s)", milliseconds(last.quantile(0.5).Seconds()), milliseconds(last.quantile(0.99).Seconds()))
	return []row{out}, nil
}

// carry creates tenants through REST and waits until each is on the cluster. It
// returns how many arrived a second, and the times from answer to object.
func (p *platform) carry(ctx context.Context, prefix string, count int) (float64, []time.Duration, error) {
	seen, err := p.arrivals(ctx, prefix, count)
	if err != nil {
		return 0, nil, err
	}
	answered := make([]time.Time, count)
	began := time.Now()
	_, err = times(ctx, p.options.clients, 0, count, func(ctx context.Context, i int) error {
		body := fmt.Sprintf(`{"name":%q,"owners":["owner-%d@example.com"],"labels":{"team":"bench"}}`, carriedName(prefix, i), i)
		err := p.doorREST.discard(ctx, "POST", "/api/v1/clusters/"+p.env["CLUSTER_ID"]+"/tenants", body)
		answered[i] = time.Now()
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	arrived, err := seen()
	if err != nil {
		return 0, nil, err
	}
	latencies := make([]time.Duration, count)
	last := began
	for i := range latencies {
		at := arrived[carriedName(prefix, i)]
		latencies[i] = max(0, at.Sub(answered[i]))
		if at.After(last) {
			last = at
		}
	}
	slices.Sort(latencies)
	return float64(count) / last.Sub(began).Seconds(), latencies, nil
}

func carriedName(prefix string, i int) string { return fmt.Sprintf("%s-%05d", prefix, i) }

// arrivals watches for the owners of tenants, which KubeNova writes last. The
// function that it returns waits for all of them.
func (p *platform) arrivals(ctx context.Context, prefix string, count int) (func() (map[string]time.Time, error), error) {
	watching, err := p.dynamic.Resource(tenantOwners).Watch(ctx, metav1.ListOptions{LabelSelector: "kubenova.tenant"})
	if err != nil {
		return nil, fmt.Errorf("watching for tenants: %w", err)
	}
	arrived := map[string]time.Time{}
	complete := make(chan struct{})
	var once sync.Once
	go func() {
		for event := range watching.ResultChan() {
			object, ok := event.Object.(*unstructured.Unstructured)
			if !ok || event.Type != watch.Added {
				continue
			}
			if name := object.GetLabels()["kubenova.tenant"]; strings.HasPrefix(name, prefix+"-") && arrived[name].IsZero() {
				arrived[name] = time.Now()
			}
			if len(arrived) == count {
				once.Do(func() { close(complete) })
				return
			}
		}
	}()
	return func() (map[string]time.Time, error) {
		defer watching.Stop()
		select {
		case <-complete:
			return arrived, nil
		case <-time.After(3 * time.Minute):
			return nil, fmt.Errorf("the tenants %s have not all arrived on the cluster", prefix)
		}
	}, nil
}

// object is what the peer applies, by the resource it goes to.
type object struct {
	resource schema.GroupVersionResource
	content  *unstructured.Unstructured
}

// template reads what KubeNova made of one tenant.
func (p *platform) template(ctx context.Context, name string) ([]object, error) {
	tenant, err := p.dynamic.Resource(capsuleTenants).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	owners, err := p.dynamic.Resource(tenantOwners).List(ctx, metav1.ListOptions{LabelSelector: "kubenova.tenant=" + name})
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	out := []object{{capsuleTenants, bare(tenant)}}
	for i := range owners.Items {
		out = append(out, object{tenantOwners, bare(&owners.Items[i])})
	}
	return out, nil
}

// bare is an object without what its server wrote.
func bare(in *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{"spec": in.Object["spec"]}}
	out.SetAPIVersion(in.GetAPIVersion())
	out.SetKind(in.GetKind())
	out.SetLabels(in.GetLabels())
	out.SetAnnotations(in.GetAnnotations())
	return out
}

// apply applies copies of the template under names of their own.
func (p *platform) apply(template []object, prefix string) operation {
	return func(ctx context.Context, i int) error {
		for n, o := range template {
			content := o.content.DeepCopy()
			content.SetName(fmt.Sprintf("%s-%d", carriedName(prefix, i), n))
			labels := content.GetLabels()
			if labels == nil {
				labels = map[string]string{}
			}
			// Not KubeNova's: its controllers must leave it alone.
			delete(labels, "kubenova.tenant")
			labels["bench.plain"] = "true"
			content.SetLabels(labels)
			var target dynamic.ResourceInterface = p.dynamic.Resource(o.resource)
			if _, err := target.Apply(ctx, content.GetName(), content, metav1.ApplyOptions{FieldManager: "bench", Force: true}); err != nil {
				return err
			}
		}
		return nil
	}
}
