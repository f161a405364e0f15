package bootstrap

import (
	"context"

	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
)

// targets finds clusters in a Set.
type targets struct{ set *clusters.Set }

// RESTConfig implements Targets. A cluster that is away, and one whose newest
// credentials are not in use yet, are errors.
func (t targets) RESTConfig(_ context.Context, cluster *v1alpha1.Cluster) (*rest.Config, error) {
	target, found := t.set.Get(cluster.Name)
	wanted := clusters.Key{UID: string(cluster.UID), Revision: cluster.Spec.CredentialsRevision}
	if !found || target.Key() != wanted {
		return nil, &clusters.UnavailableError{
			Cluster: cluster.Name, Reason: "NoCredentials", Message: "The cluster has no credentials, or not these ones yet.", Soon: true,
		}
	}
	if err := target.Available(); err != nil {
		return nil, err
	}
	return target.RESTConfig(), nil
}
