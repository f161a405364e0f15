package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestItemsFollowWhatClustersSay(t *testing.T) {
	item := v1alpha1.CatalogItem{ObjectMeta: metav1.ObjectMeta{Name: "trait-scaler"}}
	stored := *item.DeepCopy()
	stored.Spec.Clusters, stored.Spec.Schema = []string{"b", "gone"}, &runtime.RawExtension{Raw: []byte(`{"was":1}`)}
	o := newOffers()
	told := 0
	o.subscribe(func() { told++ })
	says := func(want string) {
		t.Helper()
		out := o.complete([]v1alpha1.CatalogItem{item}, []v1alpha1.CatalogItem{stored}, []string{"c", "b", "a"})[0]
		got := fmt.Sprint(out.Spec.Clusters)
		if out.Spec.Schema != nil {
			got += " " + string(out.Spec.Schema.Raw)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	says(`[b] {"was":1}`) // nobody was asked yet, and one is no longer registered
	o.say("c", offer{"trait-scaler": json.RawMessage(`{"c":1}`)})
	says(`[b c] {"was":1}`)
	o.say("a", offer{"trait-scaler": nil, "trait-x": nil})
	says(`[a b c] {"was":1}`)
	o.say("b", offer{})
	says(`[a c] {"c":1}`)
	o.say("c", nil)
	says(`[a]`)
	if told != 4 {
		t.Errorf("told %d times", told)
	}
}

func TestSchemasAreHostile(t *testing.T) {
	for text, want := range map[string]string{
		`{ "type": "object" }`: `{"type":"object"}`, `[]`: "", `null`: "", `{`: "", ``: "",
		`{"x":"` + strings.Repeat("x", maxSchema) + `"}`: "",
	} {
		configMap := &unstructured.Unstructured{Object: map[string]any{"data": map[string]any{schemaKey: text}}}
		if got := schemaOf(configMap); string(got) != want {
			t.Errorf("%.30s: got %s, want %s", text, got, want)
		}
	}
	if got := schemaOf(&unstructured.Unstructured{Object: map[string]any{"data": slices.Repeat([]any{"x"}, 3)}}); got != nil {
		t.Errorf("got %s", got)
	}
}
