// Package samples applies artifacts/samples as GitOps tools do: by server-side
// apply, again and again, until everything is taken.
package samples

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// MaxRounds is how often everything has to be applied at most, whatever its order: a
// cluster, its tenant, the tenant's project and the project's app need one each.
const MaxRounds = 4

// Read returns the documents of the YAML files of a folder, in the order of the
// files' names.
func Read(folder string) ([]*unstructured.Unstructured, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		objects, err := decode(data)
		if err != nil {
			return nil, fmt.Errorf("decoding %s: %w", file, err)
		}
		out = append(out, objects...)
	}
	return out, nil
}

func decode(data []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	var out []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case len(object.Object) > 0:
			out = append(out, object)
		}
	}
}
