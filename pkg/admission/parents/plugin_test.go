package parents_test

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/admission"

	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// clusters has one cluster, whose uid the watch cache and the store may see differently.
type clusters struct{ cached, stored types.UID }

func (c clusters) Get(_ context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	uid := c.stored
	if options.ResourceVersion == "0" {
		uid = c.cached
	}
	if uid == "" {
		return nil, apierrors.NewNotFound(v1alpha1.Resource("clusters"), name)
	}
	return &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name, UID: uid}}, nil
}

func TestTenantIsHeldToTheClusterOfNow(t *testing.T) {
	for name, test := range map[string]struct {
		clusters clusters
		refused  func(error) bool
	}{
		"known to both":             {clusters: clusters{cached: "a", stored: "a"}},
		"not yet in the cache":      {clusters: clusters{stored: "a"}},
		"replaced behind the cache": {clusters: clusters{cached: "a", stored: "b"}, refused: apierrors.IsConflict},
		"gone behind the cache":     {clusters: clusters{cached: "a"}, refused: apierrors.IsInvalid},
		"never there":               {refused: apierrors.IsInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			registry := &parents.Registry{}
			registry.Set(parents.Stores{Clusters: test.clusters})
			plugin := parents.New(registry)
			tenant := &v1alpha1.Tenant{Spec: v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: "c"}}}
			attributes := admission.NewAttributesRecord(tenant, nil, v1alpha1.SchemeGroupVersion.WithKind("Tenant"), "", "t",
				v1alpha1.SchemeGroupVersion.WithResource("tenants"), "", admission.Create, nil, false, nil)
			err := plugin.Admit(t.Context(), attributes, nil)
			if err == nil {
				err = plugin.Validate(t.Context(), attributes, nil)
			}
			if (err != nil) != (test.refused != nil) || test.refused != nil && !test.refused(err) {
				t.Errorf("got %v", err)
			}
			if err == nil && tenant.Labels[v1alpha1.LabelCluster] != string(test.clusters.stored) {
				t.Errorf("the tenant has the labels %v", tenant.Labels)
			}
		})
	}
}
