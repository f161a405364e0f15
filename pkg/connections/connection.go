package connections

import (
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/kubeconfig"
)

const (
	// callTimeout bounds one call with all of its answer.
	callTimeout = 10 * time.Second
	// maxAnswer bounds the answer to one call, in bytes.
	maxAnswer = 8 << 20
	// maxCalls is how many calls may be under way for one cluster, and maxStreams
	// how many streams. One more is told to come back.
	maxCalls   = 16
	maxStreams = 64
	userAgent  = "kubenova-apiserver"
)

// Connection is how the API server talks to one cluster, with KubeNova's own
// credentials there. It is safe for concurrent use and must not be kept longer
// than a request.
type Connection struct {
	cluster  string
	revision int64
	endpoint *rest.Config
	pool     *clusters.Connection
	calls    *places
	streams  *places

	kubernetes, kubernetesStreams kubernetes.Interface
	dynamic                       dynamic.Interface
}

func newConnection(cluster *v1alpha1.Cluster, stored []byte, allowed []netip.Prefix) (*Connection, error) {
	endpoint, err := kubeconfig.RESTConfig(stored)
	if err != nil {
		return nil, err
	}
	pool, err := clusters.NewConnection(cluster.Name, endpoint, allowed, nil)
	if err != nil {
		return nil, err
	}
	c := &Connection{
		cluster: cluster.Name, revision: cluster.Spec.CredentialsRevision,
		endpoint: endpoint, pool: pool,
		calls: newPlaces(maxCalls, pool), streams: newPlaces(maxStreams, pool),
	}
	if c.kubernetes, err = kubernetes.NewForConfig(c.Config()); err != nil {
		return nil, fmt.Errorf("cluster %s: making a client: %w", cluster.Name, err)
	}
	if c.kubernetesStreams, err = kubernetes.NewForConfig(c.StreamConfig()); err != nil {
		return nil, fmt.Errorf("cluster %s: making a client for streams: %w", cluster.Name, err)
	}
	if c.dynamic, err = dynamic.NewForConfig(c.Config()); err != nil {
		return nil, fmt.Errorf("cluster %s: making a dynamic client: %w", cluster.Name, err)
	}
	return c, nil
}

// Kubernetes is a client for calls: each is bounded in time (10 s) and in the
// size of its answer (8 MiB). Watches and streams are not for it.
func (c *Connection) Kubernetes() kubernetes.Interface { return c.kubernetes }

// Dynamic is Kubernetes for kinds that have no Go type here.
func (c *Connection) Dynamic() dynamic.Interface { return c.dynamic }

// KubernetesStreams is a client for streams: the time to the beginning of the
// answer alone is bounded. The request's context ends a stream.
func (c *Connection) KubernetesStreams() kubernetes.Interface { return c.kubernetesStreams }

// Config is what Kubernetes is made from, for other clients.
func (c *Connection) Config() *rest.Config {
	return c.config(&boundedCalls{cluster: c.cluster, places: c.calls, next: c.pool.RoundTripper()})
}

// StreamConfig is what KubernetesStreams is made from.
func (c *Connection) StreamConfig() *rest.Config {
	return c.config(&boundedStreams{cluster: c.cluster, places: c.streams, next: c.pool.RoundTripper()})
}

// config has no rate limit of its own, which would make requests wait: places
// turn away what is too much.
func (c *Connection) config(transport http.RoundTripper) *rest.Config {
	return &rest.Config{
		Host: c.endpoint.Host, UserAgent: userAgent, Transport: transport,
		QPS: -1, WarningHandler: rest.NoWarnings{},
	}
}

// Endpoint is the URL of the cluster's API server and the CA bundle, in PEM,
// that vouches for it; without one, the system's authorities do.
func (c *Connection) Endpoint() (server string, ca []byte) {
	return c.endpoint.Host, c.endpoint.CAData
}

// retire closes what is idle now, and the rest when its last use ends.
func (c *Connection) retire() {
	c.calls.retired.Store(true)
	c.streams.retired.Store(true)
	c.pool.CloseIdleConnections()
}
