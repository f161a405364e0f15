package samples

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// orders is how many orders are tried, besides that of the files and its reverse.
const orders = 20

// server is a real server and the samples' plan, which its catalog has.
type server struct {
	*testserver.Server

	dynamic dynamic.Interface
}

func start(t *testing.T) server {
	t.Helper()
	s := server{Server: testserver.Start(t)}
	client, err := dynamic.NewForConfig(s.Admin)
	if err != nil {
		t.Fatal(err)
	}
	s.dynamic = client
	plan := &v1alpha1.Plan{ObjectMeta: metav1.ObjectMeta{Name: "baseline"}}
	if _, err := s.Client.KubenovaV1alpha1().Plans().Create(t.Context(), plan, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s server) of(object *unstructured.Unstructured) dynamic.ResourceInterface {
	resource := v1alpha1.SchemeGroupVersion.WithResource(strings.ToLower(object.GetKind()) + "s")
	if object.GetNamespace() == "" {
		return s.dynamic.Resource(resource)
	}
	return s.dynamic.Resource(resource).Namespace(object.GetNamespace())
}

// round applies every object once, whatever becomes of the others, and returns the
// kinds that were refused. A refusal for anything but a missing parent is an error.
func (s server) round(ctx context.Context, objects []*unstructured.Unstructured) (refused []string, err error) {
	for _, object := range objects {
		_, applyErr := s.of(object).Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "gitops"})
		switch {
		case applyErr == nil:
		case apierrors.IsNotFound(applyErr), apierrors.IsInvalid(applyErr) && strings.Contains(applyErr.Error(), "spec.clusterRef.name: Not found"):
			refused = append(refused, object.GetKind())
		default:
			err = errors.Join(err, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), applyErr))
		}
	}
	return refused, err
}

// converge applies everything until nothing is refused.
func (s server) converge(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	var names []string
	for _, object := range objects {
		names = append(names, object.GetKind()+"/"+object.GetName())
	}
	for range MaxRounds {
		refused, err := s.round(t.Context(), objects)
		if err != nil {
			t.Fatalf("in the order %v: %v", names, err)
		}
		if slices.Contains(refused, "Cluster") {
			t.Errorf("in the order %v the cluster is refused", names)
		}
		if len(refused) == 0 {
			return
		}
	}
	t.Fatalf("in the order %v it does not converge within %d rounds", names, MaxRounds)
}

// empty takes the samples away again. There are no controllers, which would let go
// of what they look after.
func (s server) empty(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range slices.Backward(objects) {
		stored, err := s.of(object).Get(t.Context(), object.GetName(), metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.of(object).Delete(t.Context(), object.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if len(stored.GetFinalizers()) == 0 {
			continue
		}
		patch := []byte(`{"metadata":{"finalizers":null}}`)
		if _, err := s.of(object).Patch(t.Context(), object.GetName(), "application/merge-patch+json", patch, metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.of(object).Get(t.Context(), object.GetName(), metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Fatalf("%s %s is not gone: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

func read(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	objects, err := Read("../../artifacts/samples")
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestAnyOrderConverges applies the samples in many orders, each to an empty server.
func TestAnyOrderConverges(t *testing.T) {
	s, objects := start(t), read(t)
	reversed := slices.Clone(objects)
	slices.Reverse(reversed)
	tried := [][]*unstructured.Unstructured{objects, reversed}
	seed := rand.Uint64()
	t.Logf("the orders are those of seed %d", seed)
	shuffler := rand.New(rand.NewPCG(seed, 0))
	for range orders {
		order := slices.Clone(objects)
		shuffler.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		tried = append(tried, order)
	}
	for _, order := range tried {
		s.converge(t, order)
		s.empty(t, objects)
	}
}

// TestOrderOfFiles needs no second round, and a second one writes nothing.
func TestOrderOfFiles(t *testing.T) {
	s, objects := start(t), read(t)
	if refused, err := s.round(t.Context(), objects); err != nil || len(refused) > 0 {
		t.Fatalf("refused are %v: %v", refused, err)
	}
	versions := func() (out []string) {
		for _, object := range objects {
			stored, err := s.of(object).Get(t.Context(), object.GetName(), metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, stored.GetKind()+" "+stored.GetResourceVersion())
		}
		return out
	}
	before := versions()
	if _, err := s.round(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
	if after := versions(); !slices.Equal(after, before) {
		t.Errorf("the second round wrote: %v, then %v", before, after)
	}
}

// TestOneOfEveryKind wants the samples to have every kind that users write.
func TestOneOfEveryKind(t *testing.T) {
	kinds := map[string]int{}
	for _, object := range read(t) {
		kinds[object.GetKind()]++
	}
	for _, kind := range []string{"Cluster", "Tenant", "Project", "PolicySet", "App"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no %s", kind)
		}
	}
}
