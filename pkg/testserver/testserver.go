// Package testserver runs an API server over a real etcd within a test.
package testserver

import (
	"context"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	"github.com/kubenova/kubenova/pkg/standalone"
)

// Server is a running server without controllers.
type Server struct {
	*standalone.Standalone

	// Admin is the configuration of the admin kubeconfig, for the native door over HTTPS.
	Admin *rest.Config
	// Client is an administrator's client of the native door.
	Client versioned.Interface
	// URL of the REST door on plain HTTP, without /api/v1.
	URL string
	// Etcd is the address of the server's etcd.
	Etcd string
}

// Option changes the options of a server before it starts.
type Option func(*standalone.Options)

// WithAuth has callers of the HTTP listener authenticate.
func WithAuth(o *standalone.Options) { o.Auth = standalone.AuthOn }

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 60 * time.Second
)

// Start starts a server on free ports, with --auth=off unless an option says
// otherwise, and stops it when the test ends.
func Start(t testing.TB, options ...Option) *Server {
	t.Helper()
	o := standalone.NewOptions()
	o.DataDir = t.TempDir()
	o.HTTPAddress, o.SecurePort = "127.0.0.1:0", 0
	o.Auth = standalone.AuthOff
	o.UnsafeNoFsync = true
	// Servers that tests register as clusters are on loopback.
	o.AllowTargetCIDRs = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, option := range options {
		option(o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := standalone.Start(ctx, o)
	if err != nil {
		cancel()
		t.Fatalf("starting the test server: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the test server ended with: %v", err)
			}
		case <-time.After(stopTimeout):
			t.Errorf("the test server did not stop within %s", stopTimeout)
		}
	})
	server := &Server{Standalone: s, URL: s.HTTPURL(), Etcd: "unix://" + filepath.Join(o.DataDir, "etcd.sock")}
	server.connect(t)
	return server
}

func (s *Server) connect(t testing.TB) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", s.AdminKubeconfig())
	if err != nil {
		t.Fatalf("reading the admin kubeconfig: %v", err)
	}
	config.QPS = -1
	s.Admin = config
	if s.Client, err = versioned.NewForConfig(config); err != nil {
		t.Fatalf("building a client: %v", err)
	}
	health := rest.CopyConfig(config)
	health.NegotiatedSerializer = scheme.Codecs
	health.GroupVersion = nil
	unversioned, err := rest.UnversionedRESTClientFor(health)
	if err != nil {
		t.Fatalf("building a health client: %v", err)
	}
	var last error
	err = wait.PollUntilContextTimeout(context.Background(), 20*time.Millisecond, startTimeout, true, func(ctx context.Context) (bool, error) {
		last = unversioned.Get().AbsPath("/readyz").Do(ctx).Error()
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("the test server did not become ready: %v; last answer: %v", err, last)
	}
}

// ClientFor returns a client that calls the server in process as a user.
func (s *Server) ClientFor(t testing.TB, name string, groups ...string) versioned.Interface {
	t.Helper()
	return s.ClientForUser(t, &user.DefaultInfo{Name: name, Groups: groups})
}

// ClientForUser is ClientFor with all that a user has.
func (s *Server) ClientForUser(t testing.TB, u user.Info) versioned.Interface {
	t.Helper()
	client, err := versioned.NewForConfig(s.ClientConfig(u))
	if err != nil {
		t.Fatalf("building a client for %s: %v", u.GetName(), err)
	}
	return client
}
