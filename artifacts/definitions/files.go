// Package definitions holds the definitions that KubeNova adds to KubeVela: what
// pkg/render makes of the catalog's rules and KubeVela has nothing for.
package definitions

import (
	"embed"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

//go:embed *.yaml
var files embed.FS

// Objects returns the definitions in the order of their files' names, each in the
// namespace of KubeVela's own.
func Objects() ([]*unstructured.Unstructured, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("listing the definitions: %w", err)
	}
	out := make([]*unstructured.Unstructured, 0, len(entries))
	for _, entry := range entries {
		data, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the definition %s: %w", entry.Name(), err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(data, &object.Object); err != nil {
			return nil, fmt.Errorf("decoding the definition %s: %w", entry.Name(), err)
		}
		out = append(out, object)
	}
	return out, nil
}
