//go:build reliability

package reliability

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// patience is how long a condition may take to come true. It is long because the
	// machine may be busy; nothing depends on how long it took.
	patience = 2 * time.Minute
	members  = 3
	replicas = 2
)

// platform is what is tested: processes of their own beside a host cluster.
type platform struct {
	// dir holds data, logs and the host's kubeconfig; bin the binaries of Kubernetes
	// and etcd, kubenova is the binary under test.
	dir, bin, kubenova string
	// prefix of the addresses on loopback. Outgoing connections come from 127.0.0.1, so
	// that none of them ever takes a port of a process that is down.
	prefix string

	etcd [members]*process
	api  [replicas]*process

	client *http.Client
	token  string
}

// start starts everything and makes a tenant.
func start(t *testing.T) *platform {
	t.Helper()
	p := &platform{dir: os.Getenv("RELIABILITY_HOST"), bin: os.Getenv("RELIABILITY_TOOLS"), kubenova: os.Getenv("RELIABILITY_KUBENOVA")}
	for _, needed := range []string{p.dir, p.bin, p.kubenova} {
		if needed == "" {
			t.Fatal("RELIABILITY_HOST, RELIABILITY_TOOLS and RELIABILITY_KUBENOVA must be set: run make reliability")
		}
	}
	random := make([]byte, 2)
	must(rand.Read(random))(t)
	p.prefix = fmt.Sprintf("127.%d.%d.", 64+random[0]%64, random[1])
	p.client = p.newClient()
	p.writeEncryptionConfig(t)
	for i := range p.etcd {
		p.etcd[i] = p.member(i, p.path("etcd", fmt.Sprint(i)), "first")
	}
	for i := range p.api {
		p.api[i] = p.replica(i)
	}
	t.Cleanup(func() { p.stopAll(t) })
	p.startAll(t)
	p.prepare(t)
	return p
}

func (p *platform) path(elem ...string) string {
	return filepath.Join(append([]string{p.dir}, elem...)...)
}

func (p *platform) all() []*process { return append(p.api[:], p.etcd[:]...) }

// startAll starts what does not run, etcd first, and waits until it is ready.
func (p *platform) startAll(t *testing.T) {
	t.Helper()
	for _, member := range p.etcd {
		check(t, member.start())
	}
	for i := range p.etcd {
		p.waitMember(t, i)
	}
	for _, replica := range p.api {
		check(t, replica.start())
	}
	for i := range p.api {
		p.waitReplica(t, i)
	}
}

func (p *platform) stopAll(t *testing.T) {
	for _, process := range p.all() {
		if err := process.crashed(); err != nil {
			t.Error(err)
		}
		if err := process.kill(); err != nil {
			t.Error(err)
		}
	}
}

func (p *platform) memberURL(i int) string   { return fmt.Sprintf("http://%s%d:2379", p.prefix, i+1) }
func (p *platform) peerURL(i int) string     { return fmt.Sprintf("http://%s%d:2380", p.prefix, i+1) }
func (p *platform) replicaHost(i int) string { return fmt.Sprintf("%s%d:6443", p.prefix, i+101) }
func (p *platform) replicaURL(i int) string  { return "https://" + p.replicaHost(i) }

func (p *platform) memberURLs() []string {
	var out []string
	for i := range members {
		out = append(out, p.memberURL(i))
	}
	return out
}

// initialCluster is the flag that names the members of etcd.
func (p *platform) initialCluster() string {
	var out []string
	for i := range members {
		out = append(out, fmt.Sprintf("m%d=%s", i, p.peerURL(i)))
	}
	return strings.Join(out, ",")
}

func (p *platform) member(i int, data, token string) *process {
	name := fmt.Sprintf("m%d", i)
	return &process{
		name: "etcd " + name, path: filepath.Join(p.bin, "etcd"), log: p.path("logs", "etcd-"+name+".log"),
		args: []string{
			"--name=" + name,
			"--data-dir=" + data,
			"--listen-client-urls=" + p.memberURL(i), "--advertise-client-urls=" + p.memberURL(i),
			"--listen-peer-urls=" + p.peerURL(i), "--initial-advertise-peer-urls=" + p.peerURL(i),
			"--initial-cluster=" + p.initialCluster(), "--initial-cluster-token=" + token,
			"--log-level=warn",
			// What is killed is a process: what it has written is in the machine's memory.
			"--unsafe-no-fsync",
		},
	}
}

func (p *platform) replica(i int) *process {
	name := fmt.Sprintf("kubenova-%d", i)
	host, port, _ := net.SplitHostPort(p.replicaHost(i))
	kubeconfig := p.path("kubeconfig")
	return &process{
		name: name, path: p.kubenova, log: p.path("logs", name+".log"),
		args: []string{
			"apiserver",
			"--etcd-servers=" + strings.Join(p.memberURLs(), ","),
			"--bind-address=" + host, "--secure-port=" + port,
			"--cert-dir=" + p.path("certs", name),
			"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig, "--authorization-kubeconfig=" + kubeconfig,
			"--encryption-provider-config=" + p.path("encryption.yaml"),
			"--audit-log-path=" + p.path("logs", name+"-audit.log"),
			"--allow-target-cidr=127.0.0.0/8",
		},
	}
}

// newClient returns a client with connections of its own. The servers' certificates
// are self-signed.
func (p *platform) newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	transport.ForceAttemptHTTP2 = true
	transport.MaxIdleConnsPerHost = 100
	return &http.Client{Transport: transport}
}

func (p *platform) writeEncryptionConfig(t *testing.T) {
	t.Helper()
	key := make([]byte, 32)
	must(rand.Read(key))(t)
	check(t, os.WriteFile(p.path("encryption.yaml"), fmt.Appendf(nil, `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: ["*.kubenova.io"]
  providers:
  - secretbox:
      keys: [{name: test, secret: %s}]
`, base64.StdEncoding.EncodeToString(key)), 0o600))
}

func (p *platform) waitMember(t *testing.T, i int) {
	t.Helper()
	p.waitFor(t, p.etcd[i].name+" to be healthy", func(ctx context.Context) error { return p.answers(ctx, p.memberURL(i)+"/health") })
}

func (p *platform) waitReplica(t *testing.T, i int) {
	t.Helper()
	p.waitFor(t, p.api[i].name+" to be ready", func(ctx context.Context) error { return p.ready(ctx, i) })
}

func (p *platform) ready(ctx context.Context, i int) error {
	return p.answers(ctx, p.replicaURL(i)+"/readyz")
}

// answers returns an error unless a URL answers 200. It uses no connection again: one
// that hangs would hide that there is a server by now.
func (p *platform) answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	client := p.newClient()
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

// etcdClient returns a client of all members.
func (p *platform) etcdClient(t *testing.T) *clientv3.Client {
	t.Helper()
	client := must(clientv3.New(clientv3.Config{Endpoints: p.memberURLs(), DialTimeout: 10 * time.Second}))(t)
	t.Cleanup(func() { _ = client.Close() }) // its processes may be gone
	return client
}

// waitFor repeats a check until it returns nil.
func (p *platform) waitFor(t *testing.T, what string, check func(context.Context) error) {
	t.Helper()
	if err := p.await(t.Context(), what, check); err != nil {
		t.Fatal(err)
	}
}

func (p *platform) await(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		for _, process := range p.all() {
			if died := process.crashed(); died != nil {
				return fmt.Errorf("waiting for %s: %w", what, died)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for %s; last: %w", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// must returns a function that fails the test on an error and else returns the value.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return value
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
