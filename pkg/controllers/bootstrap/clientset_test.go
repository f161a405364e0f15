package bootstrap

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/managedfields"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/fake"
	"github.com/kubenova/kubenova/pkg/generated/openapi"
)

// newClientset returns a clientset that does server-side apply by the schema
// that the API server publishes.
func newClientset(t *testing.T, objects ...runtime.Object) *fake.Clientset {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	converter, err := managedfields.NewTypeConverter(schemas(), false)
	if err != nil {
		t.Fatal(err)
	}
	tracker := clienttesting.NewFieldManagedObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder(), converter)
	for _, object := range objects {
		if err := tracker.Add(object); err != nil {
			t.Fatal(err)
		}
	}
	clientset := &fake.Clientset{}
	clientset.AddReactor("*", "*", clienttesting.ObjectReaction(tracker))
	return clientset
}

func schemas() map[string]*spec.Schema {
	const prefix = "#/components/schemas/"
	definitions := openapi.GetOpenAPIDefinitions(func(name string) spec.Ref { return spec.MustCreateRef(prefix + name) })
	found := make(map[string]*spec.Schema, len(definitions))
	for name, definition := range definitions {
		schema := definition.Schema
		if name == (v1alpha1.Cluster{}).OpenAPIModelName() {
			schema.AddExtension("x-kubernetes-group-version-kind", []any{map[string]any{
				"group": v1alpha1.GroupName, "version": "v1alpha1", "kind": "Cluster",
			}})
		}
		found[name] = &schema
	}
	return found
}
