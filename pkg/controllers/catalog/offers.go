package catalog

import (
	"encoding/json"
	"slices"
	locks "sync"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// offer is what a cluster defines of the catalog's items: the schema of the
// properties of each by the name of the item, nil where it gives none.
type offer map[string]json.RawMessage

// offers holds what clusters have said since the start.
type offers struct {
	mu        locks.Mutex
	byCluster map[string]offer
	changed   []func()
}

func newOffers() *offers { return &offers{byCluster: map[string]offer{}} }

// say keeps what a cluster defines; nil forgets the cluster.
func (o *offers) say(cluster string, said offer) {
	o.mu.Lock()
	if o.byCluster[cluster] = said; said == nil {
		delete(o.byCluster, cluster)
	}
	changed := o.changed
	o.mu.Unlock()
	for _, tell := range changed {
		tell()
	}
}

// subscribe calls back after every change. The callback must not block.
func (o *offers) subscribe(callback func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changed = append(o.changed, callback)
}

// complete returns the items with the clusters that offer them, and the schema of
// the first of those. Of a cluster that was not asked since the start, and is
// registered still, counts what is stored.
func (o *offers) complete(wanted, stored []v1alpha1.CatalogItem, registered []string) []v1alpha1.CatalogItem {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := map[string]v1alpha1.CatalogItemSpec{}
	for _, item := range stored {
		before[item.Name] = item.Spec
	}
	out := make([]v1alpha1.CatalogItem, 0, len(wanted))
	for i := range wanted {
		item := *wanted[i].DeepCopy()
		was := before[item.Name]
		for _, cluster := range slices.Sorted(slices.Values(registered)) {
			said, asked := o.byCluster[cluster]
			schema, offered := said[item.Name]
			if !asked {
				offered = slices.Contains(was.Clusters, cluster)
			}
			if !offered {
				continue
			}
			item.Spec.Clusters = append(item.Spec.Clusters, cluster)
			if item.Spec.Schema == nil && schema != nil {
				item.Spec.Schema = &runtime.RawExtension{Raw: schema}
			}
			if item.Spec.Schema == nil && !asked && was.Clusters[0] == cluster {
				item.Spec.Schema = was.Schema
			}
		}
		out = append(out, item)
	}
	return out
}
