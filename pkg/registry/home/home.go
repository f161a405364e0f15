// Package home leads from a tenant to the cluster that it lives on, for every
// answer that has to come from there, and says the same everywhere when it cannot.
package home

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// Homes finds the clusters of tenants.
type Homes struct {
	Clusters    rest.Getter
	Connections *connections.Pool
	// Orphans are the records of what is still to be let go of.
	Orphans rest.Lister
}

// Cluster returns the cluster that a tenant was made on. One that is no longer
// registered, also when another one has taken its name, is a 409 that names
// spec.clusterRef: no waiting brings it back.
func (h Homes) Cluster(ctx context.Context, tenant *v1alpha1.Tenant) (*v1alpha1.Cluster, error) {
	name := tenant.Spec.ClusterRef.Name
	obj, err := h.Clusters.Get(genericapirequest.WithNamespace(ctx, ""), name, &metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, gone(tenant, "The cluster "+name+" is no longer registered.")
	}
	if err != nil {
		return nil, err
	}
	cluster := obj.(*v1alpha1.Cluster)
	if !v1alpha1.LivesOn(tenant, cluster) {
		return nil, gone(tenant, "The cluster "+name+" is no longer registered; another one has its name.")
	}
	return cluster, h.requireLetGo(ctx, tenant)
}

// Connect reaches the cluster that a tenant was made on. One that is registered
// and cannot be asked is a 503, now or at the first call.
func (h Homes) Connect(ctx context.Context, tenant *v1alpha1.Tenant) (*connections.Connection, error) {
	cluster, err := h.Cluster(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return h.Connections.Get(ctx, cluster)
}

// requireLetGo refuses to work for a tenant while what a former one of its name has
// on the cluster is still to be let go of: it would be taken for the new one's.
func (h Homes) requireLetGo(ctx context.Context, tenant *v1alpha1.Tenant) error {
	list, err := h.Orphans.List(genericapirequest.WithNamespace(ctx, ""), &internalversion.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.tenant", tenant.Name),
	})
	if err != nil {
		return err
	}
	for _, record := range list.(*v1alpha1.OrphanRecordList).Items {
		if record.Spec.Project == "" && record.Name != string(tenant.UID) {
			return apierrors.NewConflict(v1alpha1.Resource("tenants"), tenant.Name,
				errors.New("what a former tenant of its name has on the cluster is still to be let go of"))
		}
	}
	return nil
}

func gone(tenant *v1alpha1.Tenant, message string) error {
	const at = "spec.clusterRef"
	conflict := apierrors.NewConflict(v1alpha1.Resource("tenants"), tenant.Name, fmt.Errorf("%s: %s", at, message))
	conflict.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueNotFound, Field: at, Message: message}}
	return conflict
}
