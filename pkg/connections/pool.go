package connections

import (
	"context"
	"net/netip"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/lru"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// maxConnections is how many clusters have a Connection at a time. The one that
// was not asked for longest makes room for another.
const maxConnections = 256

// Credentials reads the stored kubeconfig of a cluster. One that has none is
// "not found".
type Credentials interface {
	Kubeconfig(ctx context.Context, cluster *v1alpha1.Cluster) ([]byte, error)
}

// Pool keeps connections to clusters, one for each.
type Pool struct {
	credentials Credentials
	allowed     []netip.Prefix

	mu   sync.Mutex
	kept *lru.Cache
}

// NewPool returns a pool without connections. The allowed addresses are as
// clusters.CheckAddress reads them.
func NewPool(credentials Credentials, allowed []netip.Prefix) *Pool {
	retire := func(_ lru.Key, value any) { value.(*Connection).retire() }
	return &Pool{credentials: credentials, allowed: allowed, kept: lru.NewWithEvictionFunc(maxConnections, retire)}
}

// Get returns the connection to a cluster with the credentials that it has now.
// It opens nothing yet. A cluster without credentials, or with such as cannot be
// used, is a 503.
func (p *Pool) Get(ctx context.Context, cluster *v1alpha1.Cluster) (*Connection, error) {
	if kept, found := p.find(cluster); found {
		return kept, nil
	}
	kubeconfig, err := p.credentials.Kubeconfig(ctx, cluster)
	if apierrors.IsNotFound(err) {
		return nil, unavailable(cluster.Name, "It has no credentials yet.")
	}
	if err != nil {
		return nil, err
	}
	made, err := newConnection(cluster, kubeconfig, p.allowed)
	if err != nil {
		return nil, unavailable(cluster.Name, "Its stored credentials cannot be used; write a new kubeconfig.")
	}
	return p.keep(cluster, made), nil
}

// find returns what is kept for a cluster, unless its credentials were replaced.
// A caller may hold the older state of the cluster: newer credentials serve it too.
func (p *Pool) find(cluster *v1alpha1.Cluster) (*Connection, bool) {
	value, found := p.kept.Get(cluster.UID)
	if !found || value.(*Connection).revision < cluster.Spec.CredentialsRevision {
		return nil, false
	}
	return value.(*Connection), true
}

// keep replaces what is kept for a cluster, unless another request was faster.
func (p *Pool) keep(cluster *v1alpha1.Cluster, made *Connection) *Connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept, found := p.find(cluster); found {
		return kept
	}
	if former, found := p.kept.Get(cluster.UID); found {
		former.(*Connection).retire()
	}
	p.kept.Add(cluster.UID, made)
	return made
}

// Forget closes the connection to a cluster that is gone.
func (p *Pool) Forget(cluster *v1alpha1.Cluster) { p.kept.Remove(cluster.UID) }

// Close closes every connection that no call is using, and each other one after
// its last call.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.kept.Len() > 0 {
		p.kept.RemoveOldest()
	}
}
