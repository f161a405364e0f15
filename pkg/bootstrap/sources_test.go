package bootstrap

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ociregistry "github.com/google/go-containerregistry/pkg/registry"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/registry"
	repo "helm.sh/helm/v4/pkg/repo/v1"
	"k8s.io/client-go/util/cert"
)

// trusted is the certificate of the servers of charts.
var trusted tls.Certificate

// TestMain has this process trust the servers of charts in the way that a site with
// authorities of its own does.
func TestMain(m *testing.M) {
	code, err := trusting(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

func trusting(m *testing.M) (int, error) {
	chain, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		return 0, err
	}
	if trusted, err = tls.X509KeyPair(chain, key); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "bootstrap-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "ca.pem")
	if err := errors.Join(os.WriteFile(file, chain, 0o600), os.Setenv("SSL_CERT_FILE", file)); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// serveTLS serves with the certificate that this process trusts.
func serveTLS(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{trusted}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// packed is an archive of a chart.
type packed struct {
	name, version, file, digest string
	data                        []byte
}

// pack makes an archive of a chart's folder, as the version.
func pack(t *testing.T, folder, version string) packed {
	t.Helper()
	chart, err := loader.LoadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	chart.Metadata.Version = version
	file, err := chartutil.Save(chart, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return packed{name: chart.Name(), version: version, file: file, data: data, digest: fmt.Sprintf("sha256:%x", sha256.Sum256(data))}
}

// newRegistry starts an OCI registry with the charts, and returns its oci:// URL
// and the digest of the last one's manifest.
func newRegistry(t *testing.T, charts ...packed) (url, manifest string) {
	t.Helper()
	server := serveTLS(t, ociregistry.New(ociregistry.Logger(log.New(io.Discard, "", 0))))
	client, err := registry.NewClient(registry.ClientOptWriter(io.Discard), registry.ClientOptCredentialsFile(filepath.Join(t.TempDir(), "none")))
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(server.URL, "https://")
	for _, chart := range charts {
		pushed, err := client.Push(chart.data, host+"/charts/"+chart.name+":"+chart.version)
		if err != nil {
			t.Fatal(err)
		}
		manifest = pushed.Manifest.Digest
	}
	return "oci://" + host + "/charts", manifest
}

// newRepository starts a Helm repository with the charts, and returns its URL.
func newRepository(t *testing.T, charts ...packed) string {
	t.Helper()
	dir := t.TempDir()
	for _, chart := range charts {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(chart.file)), chart.data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	index, err := repo.IndexDirectory(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	return serveTLS(t, http.FileServer(http.Dir(dir))).URL
}

// writeFiles makes a folder of files.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
