package standalone_test

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func TestRestartOnTheSameDataDirectory(t *testing.T) {
	dataDir := t.TempDir()
	var uid string
	t.Run("first run", func(t *testing.T) {
		server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
		cluster, err := server.Client.KubenovaV1alpha1().Clusters().Create(t.Context(),
			&v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "dev"}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		uid = string(cluster.UID)
	})
	t.Run("second run", func(t *testing.T) {
		server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
		cluster, err := server.Client.KubenovaV1alpha1().Clusters().Get(t.Context(), "dev", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if string(cluster.UID) != uid {
			t.Errorf("the cluster came back with uid %s, was %s", cluster.UID, uid)
		}
	})
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dataDir := t.TempDir()
	if err := os.Chmod(dataDir, 0o755); err != nil {
		t.Fatal(err)
	}
	testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	err := filepath.WalkDir(dataDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil // etcd renames its files while it runs
		}
		if err != nil {
			return err
		}
		secret := strings.HasSuffix(path, ".key") || strings.HasSuffix(path, ".kubeconfig") || strings.HasSuffix(path, "encryption.yaml")
		if secret && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", path, info.Mode().Perm())
		}
		if entry.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %o, want 700", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLostSecretsAreNotMadeAnew(t *testing.T) {
	dataDir := t.TempDir()
	t.Run("first run", func(t *testing.T) {
		testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	})
	for _, name := range []string{"encryption.yaml", "pki/ca.key"} {
		path := filepath.Join(dataDir, name)
		if err := os.Rename(path, path+".lost"); err != nil {
			t.Fatal(err)
		}
		o := standalone.NewOptions()
		o.DataDir, o.HTTPAddress, o.SecurePort = dataDir, "127.0.0.1:0", 0
		ctx, cancel := context.WithCancel(t.Context())
		server, err := standalone.Start(ctx, o)
		if err == nil {
			cancel()
			_ = server.Run(ctx) // only to stop it
			t.Errorf("started without %s", name)
		} else if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "restore") {
			t.Errorf("without %s the error is: %v", name, err)
		}
		cancel()
		if err := os.Rename(path+".lost", path); err != nil {
			t.Fatal(err)
		}
	}
	testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
}

// TestAdminKubeconfigWorksOnEveryBindAddress relies on testserver, which is ready
// once the admin kubeconfig is accepted.
func TestAdminKubeconfigWorksOnEveryBindAddress(t *testing.T) {
	for address, host := range map[string]string{"127.0.0.2": "127.0.0.2", "0.0.0.0": "127.0.0.1"} {
		server := testserver.Start(t, func(o *standalone.Options) { o.BindAddress = address })
		if !strings.HasPrefix(server.Admin.Host, "https://"+host+":") {
			t.Errorf("bound to %s, the admin kubeconfig says %s", address, server.Admin.Host)
		}
	}
}

func TestSecondProcessOnADataDirectoryIsKeptOut(t *testing.T) {
	dataDir := t.TempDir()
	testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	o := standalone.NewOptions()
	o.DataDir, o.HTTPAddress, o.SecurePort = dataDir, "127.0.0.1:0", 0
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	second, err := standalone.Start(ctx, o)
	if err == nil {
		cancel()
		_ = second.Run(ctx) // only to stop it
		t.Fatal("a second KubeNova started on the data of the first")
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*standalone.Options){
		"--auth":                                 func(o *standalone.Options) { o.Auth = "maybe" },
		"--bind-address":                         func(o *standalone.Options) { o.BindAddress = "here" },
		"--secure-port":                          func(o *standalone.Options) { o.SecurePort = 70000 },
		"--data-dir":                             func(o *standalone.Options) { o.DataDir = "" },
		`HTTP address "0.0.0.0:0" is not a loop`: func(o *standalone.Options) { o.HTTPAddress = "0.0.0.0:0" },
		"is not HOST:PORT":                       func(o *standalone.Options) { o.HTTPAddress = "8080" },
	} {
		o := standalone.NewOptions()
		o.DataDir, o.SecurePort = t.TempDir(), 0
		change(o)
		_, err := standalone.Start(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %s", err, name)
		}
	}
}

func TestAuthOff(t *testing.T) {
	server := testserver.Start(t)
	for name, test := range map[string]struct {
		header map[string]string
		host   string
		want   int
	}{
		"curl":            {want: http.StatusOK},
		"rebound name":    {host: "evil.example", want: http.StatusForbidden},
		"other origin":    {header: map[string]string{"Origin": "https://evil.example"}, want: http.StatusForbidden},
		"opaque origin":   {header: map[string]string{"Origin": "null"}, want: http.StatusForbidden},
		"cross-site":      {header: map[string]string{"Sec-Fetch-Site": "cross-site"}, want: http.StatusForbidden},
		"impersonation":   {header: map[string]string{"Impersonate-User": "alice"}, want: http.StatusBadRequest},
		"same site, port": {header: map[string]string{"Sec-Fetch-Site": "same-site"}, want: http.StatusForbidden},
	} {
		if got := status(t, server.URL+"/api/v1/clusters", test.host, test.header); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	// What is off for the REST door stays on for the native one.
	if got := status(t, server.URL+"/apis/kubenova.io/v1alpha1/clusters", "", nil); got != http.StatusNotFound {
		t.Errorf("the HTTP listener serves the native API: %d", got)
	}
}

func TestAuthOn(t *testing.T) {
	server := testserver.Start(t, testserver.WithAuth)
	for path, want := range map[string]int{
		"/api/v1/healthz": http.StatusOK, "/api/v1/readyz": http.StatusOK,
		"/api/v1/clusters": http.StatusUnauthorized, "/api/v1/me": http.StatusUnauthorized,
	} {
		if got := status(t, server.URL+path, "", nil); got != want {
			t.Errorf("%s without a token: %d, want %d", path, got, want)
		}
	}
}

func status(t *testing.T, url, host string, header map[string]string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	for key, value := range header {
		req.Header.Set(key, value)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
