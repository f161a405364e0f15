package bootstrap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	v2 "helm.sh/helm/v4/pkg/chart/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

const fieldManager = "kubenova-bootstrap"

// upgradeCRDs applies the chart's CRDs. Helm creates them with the first
// install and never touches them again.
func (t *target) upgradeCRDs(ctx context.Context, chart *v2.Chart) error {
	client, err := dynamic.NewForConfig(t.config)
	if err != nil {
		return fmt.Errorf("building a client: %w", err)
	}
	crds := client.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
	objects, err := chartCRDs(chart)
	if err != nil {
		return err
	}
	for _, crd := range objects {
		options := metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
		if _, err := crds.Apply(ctx, crd.GetName(), crd, options); err != nil {
			return fmt.Errorf("applying the CRD %s: %w", crd.GetName(), err)
		}
	}
	return nil
}

func chartCRDs(chart *v2.Chart) ([]*unstructured.Unstructured, error) {
	var crds []*unstructured.Unstructured
	for _, file := range chart.CRDObjects() {
		if path.Ext(file.Filename) != ".yaml" {
			continue
		}
		documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(file.File.Data), 4096)
		for {
			crd := &unstructured.Unstructured{}
			err := documents.Decode(&crd.Object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("reading the CRD %s: %w", file.Filename, err)
			}
			// A document of comments alone is empty.
			if len(crd.Object) > 0 {
				crds = append(crds, crd)
			}
		}
	}
	return crds, nil
}
