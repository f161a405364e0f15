package apiserver_test

import (
	"maps"
	"testing"

	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestCreateAsksEtcdForItsParentAlone counts what etcd is asked for by the creation of
// each object: its parent once, and to take the object. It does not run beside others,
// since the counters are those of the process.
func TestCreateAsksEtcdForItsParentAlone(t *testing.T) {
	o := start(t)
	o.cluster("local")
	for _, test := range []struct {
		create func()
		asked  map[string]float64
	}{
		{
			create: func() { o.tenant("red", "local", v1alpha1.Subject{Name: "ann"}) },
			asked:  map[string]float64{"get clusters": 1, "create tenants": 1},
		},
		{
			create: func() { o.project("red", "web") },
			asked:  map[string]float64{"get tenants": 1, "create projects": 1},
		},
		{
			create: func() { o.app("red", "web", "front", v1alpha1.Component{Name: "front", Type: "webservice"}) },
			asked:  map[string]float64{"get projects": 1, "create apps": 1},
		},
	} {
		before := askedOfEtcd(t)
		test.create()
		after := askedOfEtcd(t)
		for what, count := range before {
			after[what] -= count
		}
		maps.DeleteFunc(after, func(_ string, count float64) bool { return count == 0 })
		if !maps.Equal(after, test.asked) {
			t.Errorf("etcd was asked %v, want %v", after, test.asked)
		}
	}
}

// askedOfEtcd counts requests for what KubeNova stores, by operation and resource.
func askedOfEtcd(t *testing.T) map[string]float64 {
	t.Helper()
	asked := map[string]float64{}
	for _, family := range must2(legacyregistry.DefaultGatherer.Gather())(t) {
		if family.GetName() != "etcd_requests_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if labels["group"] == v1alpha1.GroupName {
				asked[labels["operation"]+" "+labels["resource"]] += metric.GetCounter().GetValue()
			}
		}
	}
	return asked
}
