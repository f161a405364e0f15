package clusters

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/cache"

	"github.com/kubenova/kubenova/pkg/kubevela"
)

// byApplication is the index of pods by the Application that they are labelled with.
const byApplication = "application"

func indexersOf(kind Kind) cache.Indexers {
	if kind != Pod {
		return cache.Indexers{byTenant: tenantOf}
	}
	return cache.Indexers{byApplication: func(object any) ([]string, error) {
		pod, ok := object.(*unstructured.Unstructured)
		if !ok {
			return nil, fmt.Errorf("%T is not a pod", object)
		}
		return []string{pod.GetNamespace() + "/" + pod.GetLabels()[kubevela.LabelApp]}, nil
	}}
}

func transformOf(kind Kind) cache.TransformFunc {
	if kind == Pod {
		return onlyHealth
	}
	return withoutManagedFields
}

// onlyHealth keeps of a pod what tells whether it is well. A cluster has many
// pods, and their specs may hold secrets.
func onlyHealth(object any) (any, error) {
	pod, ok := object.(*unstructured.Unstructured)
	if !ok {
		return object, nil
	}
	out := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod"}}
	for _, path := range [][]string{
		{"metadata", "name"}, {"metadata", "namespace"}, {"metadata", "uid"}, {"metadata", "resourceVersion"},
		{"metadata", "deletionTimestamp"}, {"metadata", "ownerReferences"},
		{"metadata", "labels", kubevela.LabelApp}, {"metadata", "labels", kubevela.LabelComponent},
		{"status", "phase"}, {"status", "reason"}, {"status", "containerStatuses"}, {"status", "initContainerStatuses"},
	} {
		value, found, err := unstructured.NestedFieldNoCopy(pod.Object, path...)
		if err != nil || !found {
			continue // what has another form is not there
		}
		if err := unstructured.SetNestedField(out.Object, value, path...); err != nil {
			return nil, fmt.Errorf("keeping %v of a pod: %w", path, err)
		}
	}
	return out, nil
}

// Pods implements Client.
func (t *Target) Pods(namespace, application string) []*unstructured.Unstructured {
	pods, _ := t.watches.list(Pod, byApplication, namespace+"/"+application)
	return pods
}
