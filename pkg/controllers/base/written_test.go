package base

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestWritten has a cache that is behind what was written of an object.
func TestWritten(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	stored := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "acme", ResourceVersion: "7"}}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(stored).WithStatusSubresource(stored).Build()
	var written Written
	cached, key := &v1alpha1.Tenant{}, client.ObjectKey{Name: "acme"}
	if err := api.Get(t.Context(), key, cached); err != nil {
		t.Fatal(err)
	}
	after := cached.DeepCopy()
	after.Status.Namespaces = 2
	if err := written.PatchStatus(t.Context(), api, cached, after); err != nil {
		t.Fatal(err)
	}
	if !written.Behind(cached) {
		t.Error("the cache is not found to be behind")
	}
	if err := api.Get(t.Context(), key, cached); err != nil {
		t.Fatal(err)
	}
	if written.Behind(cached) || len(written.versions) != 0 {
		t.Errorf("the cache is up to date, and kept are %v", written.versions)
	}
	again := cached.DeepCopy()
	again.Status.Namespaces = 3
	if err := written.PatchStatus(t.Context(), api, cached, again); err != nil {
		t.Fatal(err)
	}
	written.Forget(key)
	if len(written.versions) != 0 {
		t.Errorf("of an object that is gone %v are kept", written.versions)
	}
}
