// Package integration tests KubeNova behind the aggregation layer of a real
// kube-apiserver, all in one process.
package integration

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	kastesting "k8s.io/kubernetes/cmd/kube-apiserver/app/testing"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/test/balancer"
	"github.com/kubenova/kubenova/test/integration/oidcprovider"
)

// startTimeout bounds the start of every part.
const startTimeout = 2 * time.Minute

// Platform is a host cluster's API server with KubeNova behind it.
type Platform struct {
	// Host is an administrator's configuration of the kube-apiserver.
	Host *rest.Config
	// Kube is an administrator's client of the kube-apiserver.
	Kube kubernetes.Interface
	// Client is an administrator's client of KubeNova, through the aggregator.
	Client versioned.Interface
	// DirectURL is KubeNova's own HTTPS address, of its first replica.
	DirectURL string
	// Replicas are the HTTPS addresses of all servers of KubeNova.
	Replicas []string
	// Front leads the aggregator to the replicas in turn.
	Front *balancer.Balancer
	// RESTURL is the REST door of the first replica on plain HTTP, with authentication.
	RESTURL string
	// Provider is an OpenID Connect provider whose users KubeNova lets in, with the
	// prefix "oidc:". The kube-apiserver does not know it.
	Provider *oidcprovider.Provider
}

// StartPlatform starts etcd, kube-apiserver and so many servers of KubeNova, and
// stops them when the test ends.
func StartPlatform(t *testing.T, replicas int) *Platform {
	t.Helper()
	etcd := startEtcd(t)
	storage := storagebackend.NewDefaultConfig("/host", nil)
	storage.Transport.ServerList = []string{etcd}
	kas := kastesting.StartTestServerOrDie(t, kastesting.NewDefaultTestServerOptions(), []string{"--authorization-mode=RBAC"}, storage)
	t.Cleanup(kas.TearDownFn)

	p := &Platform{Host: rest.CopyConfig(kas.ClientConfig), Provider: oidcprovider.Start(t)}
	p.Host.QPS = -1
	// What a client without an opinion accepts; the test server's own speaks protobuf alone.
	p.Host.ContentConfig = rest.ContentConfig{}
	p.Kube = must(kubernetes.NewForConfig(p.Host))(t)
	dir := t.TempDir()
	options := serverOptions{etcd: etcd, kubeconfig: writeKubeconfig(t, dir, p.Host), encryption: writeEncryptionConfig(t, dir), authentication: p.writeAuthenticationConfig(t, dir)}
	for range replicas {
		p.startKubeNova(t, options)
	}
	p.Front = balancer.Start(t, hostsOf(t, p.Replicas)...)
	p.register(t)
	p.Client = p.ClientFor(t, p.Host)
	return p
}

// ClientFor returns a client of KubeNova through the aggregator.
func (p *Platform) ClientFor(t *testing.T, config *rest.Config) versioned.Interface {
	t.Helper()
	return must(versioned.NewForConfig(config))(t)
}

// As returns the configuration of a user of the host cluster.
func (p *Platform) As(user string, groups ...string) *rest.Config {
	config := rest.CopyConfig(p.Host)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return config
}

func startEtcd(t *testing.T) string {
	t.Helper()
	client, peer := freeURL(t), freeURL(t)
	config := embed.NewConfig()
	config.Dir = t.TempDir()
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	etcd := must(embed.StartEtcd(config))(t)
	t.Cleanup(etcd.Close)
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(startTimeout):
		t.Fatal("etcd did not become ready")
	}
	return client.String()
}

func freeURL(t *testing.T) url.URL {
	t.Helper()
	return url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort(t))}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

func hostsOf(t *testing.T, urls []string) []string {
	t.Helper()
	hosts := make([]string, 0, len(urls))
	for _, address := range urls {
		hosts = append(hosts, must(url.Parse(address))(t).Host)
	}
	return hosts
}

// serverOptions are what the replicas have in common.
type serverOptions struct{ etcd, kubeconfig, encryption, authentication string }

func (p *Platform) startKubeNova(t *testing.T, common serverOptions) {
	t.Helper()
	securePort, plainPort := freePort(t), freePort(t)
	o := apiserver.NewOptions()
	o.Recommended.Etcd.StorageConfig.Transport.ServerList = []string{common.etcd}
	o.Recommended.Etcd.EncryptionProviderConfigFilepath = common.encryption
	o.Recommended.SecureServing.BindAddress = net.IPv4(127, 0, 0, 1)
	o.Recommended.SecureServing.BindPort = securePort
	o.Recommended.SecureServing.ServerCert.CertDirectory = t.TempDir()
	o.Recommended.CoreAPI.CoreAPIKubeconfigPath = common.kubeconfig
	o.Recommended.Authentication.RemoteKubeConfigFile = common.kubeconfig
	o.Recommended.Authorization.RemoteKubeConfigFile = common.kubeconfig
	o.AuthenticationConfig = common.authentication
	o.HTTPAddress = fmt.Sprintf("127.0.0.1:%d", plainPort)
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("KubeNova ended with: %v", err)
		}
	})
	p.Replicas = append(p.Replicas, fmt.Sprintf("https://127.0.0.1:%d", securePort))
	rest := "http://" + o.HTTPAddress
	if len(p.Replicas) == 1 {
		p.DirectURL, p.RESTURL = p.Replicas[0], rest
	}
	waitFor(t, "KubeNova to be ready", func(ctx context.Context) error {
		return answers(ctx, rest+"/api/v1/readyz")
	})
}

func writeKubeconfig(t *testing.T, dir string, config *rest.Config) string {
	t.Helper()
	ca := config.CAData
	if len(ca) == 0 {
		ca = must(os.ReadFile(config.CAFile))(t)
	}
	const name = "host"
	kubeconfig := clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{name: {
			Server: config.Host, CertificateAuthorityData: ca, TLSServerName: config.ServerName,
		}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {Token: config.BearerToken}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}
	path := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(kubeconfig, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func (p *Platform) writeAuthenticationConfig(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "authentication.yaml")
	config := p.Provider.Config("\nclaimMappings:\n  username: {claim: sub, prefix: \"oidc:\"}\n")
	if err := os.WriteFile(path, oidcprovider.File(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeEncryptionConfig(t *testing.T, dir string) string {
	t.Helper()
	key := make([]byte, 32)
	must(rand.Read(key))(t)
	config := fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ["*.kubenova.io"]
  providers:
  - secretbox:
      keys: [{name: test, secret: %s}]
`, base64.StdEncoding.EncodeToString(key))
	path := filepath.Join(dir, "encryption.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func answers(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

// waitFor repeats check until it returns nil.
func waitFor(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		last = check(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("waiting for %s: %v; last: %v", what, err, last)
	}
}

// must returns a function that fails the test on an error and else returns the value.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
