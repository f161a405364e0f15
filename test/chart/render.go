// Package chart renders the Helm chart of KubeNova as Helm does, for tests.
package chart

import (
	"fmt"
	"path"
	"slices"
	"strings"

	ci "helm.sh/helm/v4/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// KubeVersion is the version of the host cluster that the chart is rendered for.
const KubeVersion = "v1.37.2"

// Release says how to render a chart.
type Release struct {
	// Dir is the folder or the archive of the chart.
	Dir             string
	Name, Namespace string
	Values          map[string]any
	// Upgrade renders an upgrade; otherwise it is an installation.
	Upgrade bool
	// Cluster answers lookup. Nil means that nothing is found, as in `helm template`.
	Cluster engine.ClientProvider
}

// Render returns the YAML documents of the chart, and its notes. Values that
// the schema refuses are an error.
func (r Release) Render() (documents []string, notes string, err error) {
	files, err := r.files()
	if err != nil {
		return nil, "", err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if path.Base(name) == "NOTES.txt" {
			notes = files[name]
			continue
		}
		for _, document := range strings.Split("\n"+files[name], "\n---\n") {
			if strings.TrimSpace(document) != "" {
				documents = append(documents, strings.TrimSpace(document)+"\n")
			}
		}
	}
	return documents, notes, nil
}

func (r Release) files() (map[string]string, error) {
	chart, err := loader.Load(r.Dir)
	if err != nil {
		return nil, fmt.Errorf("loading the chart %s: %w", r.Dir, err)
	}
	version, err := common.ParseKubeVersion(KubeVersion)
	if err != nil {
		return nil, fmt.Errorf("parsing the Kubernetes version: %w", err)
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.KubeVersion = *version
	options := common.ReleaseOptions{Name: r.Name, Namespace: r.Namespace, Revision: 1, IsInstall: !r.Upgrade, IsUpgrade: r.Upgrade}
	values, err := util.ToRenderValuesWithSchemaValidation(chart, r.Values, options, capabilities, false)
	if err != nil {
		return nil, fmt.Errorf("computing the values of the chart %s: %w", r.Dir, err)
	}
	render := engine.Render
	if r.Cluster != nil {
		render = func(chart ci.Charter, values common.Values) (map[string]string, error) {
			return engine.RenderWithClientProvider(chart, values, r.Cluster)
		}
	}
	files, err := render(chart, values)
	if err != nil {
		return nil, fmt.Errorf("rendering the chart %s: %w", r.Dir, err)
	}
	return files, nil
}
