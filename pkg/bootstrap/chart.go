package bootstrap

import (
	"bytes"
	"errors"
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

// load reads the chart, downloads it first if it is remote, and makes sure that it
// is the one that was named. Nothing is read from the Helm configuration of whoever
// runs this process.
func (s ChartSource) load() (*v2.Chart, error) {
	dir, err := os.MkdirTemp("", "chart-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder for the chart: %w", err)
	}
	defer os.RemoveAll(dir)
	path, err := s.locate(dir)
	if err != nil {
		return nil, fmt.Errorf("fetching the chart %s: %w", s.Reference, err)
	}
	chart, err := s.read(path)
	if err != nil {
		return nil, fmt.Errorf("reading the chart %s: %w", s.Reference, err)
	}
	return chart, s.checkVersion(chart)
}

// locate returns where the chart lies, which is in dir if it is downloaded.
func (s ChartSource) locate(dir string) (string, error) {
	client, err := registry.NewClient(
		registry.ClientOptWriter(io.Discard),
		registry.ClientOptCredentialsFile(filepath.Join(dir, "credentials.json")),
	)
	if err != nil {
		return "", fmt.Errorf("building a chart registry client: %w", err)
	}
	locate := action.NewInstall(&action.Configuration{RegistryClient: client})
	locate.RepoURL = s.Repository
	if s.needsVersion() {
		locate.Version = s.Version
	}
	return locate.LocateChart(s.Reference, &cli.EnvSettings{
		PluginsDirectory: filepath.Join(dir, "plugins"),
		RepositoryConfig: filepath.Join(dir, "repositories.yaml"),
		RepositoryCache:  filepath.Join(dir, "repositories"),
		ContentCache:     filepath.Join(dir, "content"),
	})
}

// read loads the very bytes that were verified.
func (s ChartSource) read(path string) (*v2.Chart, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if s.Digest != "" {
			return nil, errors.New("a folder has no digest; name an archive of it, as helm package makes them")
		}
		return loader.LoadDir(path)
	}
	archive, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := s.verify(archive); err != nil {
		return nil, err
	}
	return loader.LoadArchive(bytes.NewReader(archive))
}
