package bootstrap

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"helm.sh/helm/v4/pkg/action"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/registry"
)

// load reads the chart, and downloads it first if it is remote. Nothing is
// read from the Helm configuration of whoever runs this process.
func (s ChartSource) load(options ...registry.ClientOption) (*v2.Chart, error) {
	dir, err := os.MkdirTemp("", "chart-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder for the chart: %w", err)
	}
	defer os.RemoveAll(dir)
	options = append(options,
		registry.ClientOptWriter(io.Discard),
		registry.ClientOptCredentialsFile(filepath.Join(dir, "credentials.json")),
	)
	client, err := registry.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("building a chart registry client: %w", err)
	}
	locate := action.NewInstall(&action.Configuration{RegistryClient: client})
	locate.Version = s.Version
	path, err := locate.LocateChart(s.Reference, &cli.EnvSettings{
		PluginsDirectory: filepath.Join(dir, "plugins"),
		RepositoryConfig: filepath.Join(dir, "repositories.yaml"),
		RepositoryCache:  filepath.Join(dir, "repositories"),
		ContentCache:     filepath.Join(dir, "content"),
	})
	if err != nil {
		return nil, fmt.Errorf("fetching the chart %s: %w", s.Reference, err)
	}
	chart, err := loader.Load(path)
	if err != nil {
		return nil, fmt.Errorf("reading the chart %s: %w", s.Reference, err)
	}
	return chart, nil
}
