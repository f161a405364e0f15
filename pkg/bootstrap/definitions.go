package bootstrap

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubenova/kubenova/artifacts/definitions"
)

func traitDefinitions() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: velaGroup, Version: "v1beta1", Resource: "traitdefinitions"}
}

// applyDefinitions adds KubeNova's own definitions to KubeVela, whoever installed
// it: their names are KubeNova's.
func (t *target) applyDefinitions(ctx context.Context) error {
	objects, err := definitions.Objects()
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(t.config)
	if err != nil {
		return fmt.Errorf("building a client: %w", err)
	}
	for _, object := range objects {
		_, err := client.Resource(traitDefinitions()).Namespace(object.GetNamespace()).
			Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
		if err != nil {
			return fmt.Errorf("applying the definition %s: %w", object.GetName(), err)
		}
	}
	return nil
}
