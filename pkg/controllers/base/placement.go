package base

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// Placement finds the cluster of a tenant.
type Placement struct {
	// Cached reads tenants and clusters; Live makes sure when one is missing.
	Cached, Live client.Reader
	Targets      Targets
}

// ClusterOf returns the cluster of a tenant, which must be there.
func (p Placement) ClusterOf(ctx context.Context, tenant string) (clusters.Client, error) {
	var t v1alpha1.Tenant
	err := p.Cached.Get(ctx, client.ObjectKey{Name: tenant}, &t)
	if apierrors.IsNotFound(err) {
		return nil, &Blocked{"TenantNotFound", "The tenant " + tenant + " does not exist.", Recheck}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the tenant %s: %w", tenant, err)
	}
	name := t.Spec.ClusterRef.Name
	var cluster v1alpha1.Cluster
	if err := p.Cached.Get(ctx, client.ObjectKey{Name: name}, &cluster); err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading the cluster %s: %w", name, err)
	} else if err == nil && !v1alpha1.LivesOn(&t, &cluster) {
		return nil, &Blocked{"ClusterReplaced", "The cluster " + name + " was deleted, and another one has its name; the tenant is not carried to that one.", Recheck}
	}
	return p.available(ctx, name)
}

func (p Placement) available(ctx context.Context, cluster string) (clusters.Client, error) {
	c, err := p.Targets.Client(cluster)
	if err != nil {
		return nil, p.soon(ctx, cluster, err)
	}
	if err := c.Available(); err != nil {
		return nil, err
	}
	return c, nil
}

// soon tells a cluster without a client from one whose client is not made yet:
// that one has credentials, and its status does not say that it is away.
func (p Placement) soon(ctx context.Context, name string, err error) error {
	unavailable, ok := clusters.AsUnavailable(err)
	var cluster v1alpha1.Cluster
	if !ok || p.Cached.Get(ctx, client.ObjectKey{Name: name}, &cluster) != nil {
		return err
	}
	if cluster.Spec.CredentialsRevision > 0 && !meta.IsStatusConditionFalse(cluster.Status.Conditions, v1alpha1.ClusterConnected) {
		out := *unavailable
		out.Unprobed = true
		return &out
	}
	return err
}

// On returns a cluster of the API to work on.
func (p Placement) On(ctx context.Context, cluster *v1alpha1.Cluster) (clusters.Client, error) {
	return p.available(ctx, cluster.Name)
}

// ForCleanup returns the cluster of a tenant whose objects are to be removed.
// It is nil when the tenant or its cluster is no longer registered, so that
// nothing can be removed, now or later, when another cluster has taken its name,
// when the cluster never had credentials, so that nothing was ever made, and when
// it is being removed without its tenants' objects. A cluster that is merely away
// is an error, so that the caller waits.
func (p Placement) ForCleanup(ctx context.Context, tenant string) (clusters.Client, error) {
	cluster, err := p.Home(ctx, tenant)
	if err != nil || cluster == nil {
		return nil, err
	}
	return p.available(ctx, cluster.Name)
}

// Home returns the cluster of a tenant as the API has it now, or nil in the
// cases in which ForCleanup does.
func (p Placement) Home(ctx context.Context, tenant string) (*v1alpha1.Cluster, error) {
	var t v1alpha1.Tenant
	if err := p.Live.Get(ctx, client.ObjectKey{Name: tenant}, &t); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading the tenant %s: %w", tenant, err)
	}
	name := t.Spec.ClusterRef.Name
	var cluster v1alpha1.Cluster
	if err := p.Live.Get(ctx, client.ObjectKey{Name: name}, &cluster); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading the cluster %s: %w", name, err)
	}
	orphaned := v1alpha1.CascadeRecorded(&cluster) == v1alpha1.CascadeOrphan
	if cluster.Spec.CredentialsRevision == 0 || orphaned || !v1alpha1.LivesOn(&t, &cluster) {
		return nil, nil
	}
	return &cluster, nil
}
