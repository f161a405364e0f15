package main

import (
	"fmt"
	"path"

	chartv2 "helm.sh/helm/v4/pkg/chart/v2"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// release says what of a chart to render, and how.
type release struct {
	chart           string
	name, namespace string
	values          map[string]any
	// kinds are the kinds to keep: the workloads run as processes here, and
	// hooks would run as pods.
	kinds []string
}

// render returns the CRDs of the chart and the objects of the kept kinds.
func (r release) render() (crds, objects []*unstructured.Unstructured, err error) {
	chart, err := loader.LoadDir(r.chart)
	if err != nil {
		return nil, nil, fmt.Errorf("loading the chart %s: %w", r.chart, err)
	}
	// The dependencies are not in the module; none of them is wanted here.
	chart.Metadata.Dependencies = nil
	if crds, err = chartCRDs(chart); err != nil {
		return nil, nil, err
	}
	files, err := r.renderFiles(chart)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range sortedKeys(files) {
		if path.Base(name) == "NOTES.txt" {
			continue
		}
		found, err := decode([]byte(files[name]))
		if err != nil {
			return nil, nil, fmt.Errorf("reading the rendered %s: %w", name, err)
		}
		objects = append(objects, r.keep(found)...)
	}
	return crds, objects, nil
}

func chartCRDs(chart *chartv2.Chart) ([]*unstructured.Unstructured, error) {
	var crds []*unstructured.Unstructured
	for _, crd := range chart.CRDObjects() {
		if path.Ext(crd.Filename) != ".yaml" {
			continue
		}
		found, err := decode(crd.File.Data)
		if err != nil {
			return nil, fmt.Errorf("reading the CRD %s: %w", crd.Filename, err)
		}
		crds = append(crds, found...)
	}
	return crds, nil
}

func (r release) renderFiles(chart *chartv2.Chart) (map[string]string, error) {
	version, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		return nil, fmt.Errorf("parsing the Kubernetes version: %w", err)
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	options := common.ReleaseOptions{Name: r.name, Namespace: r.namespace, Revision: 1, IsInstall: true}
	values, err := util.ToRenderValuesWithSchemaValidation(chart, r.values, options, capabilities, true)
	if err != nil {
		return nil, fmt.Errorf("computing the values of the chart %s: %w", r.name, err)
	}
	files, err := engine.Render(chart, values)
	if err != nil {
		return nil, fmt.Errorf("rendering the chart %s: %w", r.name, err)
	}
	return files, nil
}

func (r release) keep(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	kinds := map[string]bool{}
	for _, kind := range r.kinds {
		kinds[kind] = true
	}
	var kept []*unstructured.Unstructured
	for _, object := range objects {
		_, hook := object.GetAnnotations()["helm.sh/hook"]
		if kinds[object.GetKind()] && !hook {
			kept = append(kept, object)
		}
	}
	return kept
}
