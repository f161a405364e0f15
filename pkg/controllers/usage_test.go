package controllers_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/test/memorycluster"
)

// pod puts a pod that asks for half a core into the project's namespace.
func (p *platform) pod(name string) {
	p.target.Set(func(c *memorycluster.Cluster) {
		pod := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": map[string]any{
			"containers": []any{map[string]any{"name": "c", "resources": map[string]any{"requests": map[string]any{"cpu": "500m", "memory": "64Mi"}}}},
		}}}
		pod.SetNamespace("acme--web")
		pod.SetName(name)
		c.Store("/api/v1/namespaces/acme--web/pods/"+name, pod, "ADDED")
	})
}

// usage is what the REST client of the native door reads.
func (p *platform) usage(query string) v1alpha1.UsageStatus {
	p.Helper()
	var out v1alpha1.Usage
	request := p.api.RESTClient().Get().Resource("tenants").Name("acme").SubResource("usage")
	for _, parameter := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		request = request.Param(name, value)
	}
	p.must(request.Do(p.Context()).Into(&out))
	return out.Status
}

// TestUsageIsSampled samples a tenant fast, over a restart and an outage.
func TestUsageIsSampled(t *testing.T) {
	p := newPlatform(t)
	p.usageInterval = time.Second
	stop := p.start()
	p.create()
	p.pod("one")
	p.pod("two")
	eventually(t, "samples of both pods", func() bool {
		if _, err := p.api.UsageHistories("kn-acme").Get(t.Context(), "usage", metav1.GetOptions{}); err != nil {
			return false
		}
		h := p.usage("range=1h&series=true").History
		pods, cpu := h.Peak["pods"], h.Peak["cpu"]
		return pods.Value() == 2 && cpu.String() == "1" && h.Samples > 3
	})
	status := p.usage("range=1h&series=true")
	if status.Source != v1alpha1.UsageLive || status.History.From.IsZero() || status.History.CoveredPercent < 0 || status.History.CoveredPercent > 10 {
		t.Errorf("got %+v", status)
	}
	of := map[string]int{}
	for _, piece := range status.History.Series {
		of[piece.Project]++
	}
	if of[""] != 13 || of["web"] != 13 {
		t.Errorf("the pieces are of %v", of)
	}

	stop()
	before := p.usage("range=24h").History.Samples
	stop = p.start()
	eventually(t, "samples after a restart", func() bool { return p.usage("range=24h").History.Samples > before })

	stop = p.dead(stop)
	var stale v1alpha1.UsageStatus
	eventually(t, "the last sample to stand in", func() bool {
		stale = p.usage("range=1h")
		return stale.Source == v1alpha1.UsageStale
	})
	pods := stale.Used["pods"]
	if stale.AsOf == nil || time.Since(stale.AsOf.Time) > time.Minute || pods.IsZero() {
		t.Errorf("got %+v", stale)
	}
	time.Sleep(3 * time.Second)
	if after := p.usage("range=1h"); after.History.Samples != stale.History.Samples || !after.AsOf.Equal(stale.AsOf) {
		t.Errorf("an outage has samples: %d after %d", after.History.Samples, stale.History.Samples)
	}
	stop()
	p.target.Set(func(c *memorycluster.Cluster) { c.Hang = false })
	p.start()
	eventually(t, "samples after the outage", func() bool { return p.usage("range=1h").History.Samples > stale.History.Samples })

	p.must(p.api.Tenants().Delete(t.Context(), "acme", metav1.DeleteOptions{}))
	eventually(t, "the tenant to go", p.tenantGone)
	left, err := p.api.UsageHistories("").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("left: %v, %v", left.Items, err)
	}
}
