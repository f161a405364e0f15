package base

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// RecordOrphan writes down, durably, that what an object has on its tenant's
// cluster is to be let go of there. There is none for a cluster that is no longer
// registered.
func (p Placement) RecordOrphan(ctx context.Context, c client.Client, object client.Object, tenant, project string) error {
	cluster, err := p.Home(ctx, tenant)
	if err != nil || cluster == nil {
		return err
	}
	err = c.Create(ctx, &v1alpha1.OrphanRecord{
		ObjectMeta: metav1.ObjectMeta{Name: string(object.GetUID())},
		Spec: v1alpha1.OrphanRecordSpec{
			ClusterRef: v1alpha1.LocalReference{Name: cluster.Name}, ClusterUID: string(cluster.UID),
			Tenant: tenant, Project: project,
		},
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("recording that %s is let go of: %w", Title(object), err)
	}
	return nil
}

// IsOrphaned says whether an object of the API is being deleted with orphan.
func IsOrphaned(ctx context.Context, live client.Reader, key client.ObjectKey, into client.Object) (bool, error) {
	if err := live.Get(ctx, key, into); apierrors.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("reading %s: %w", key, err)
	}
	return v1alpha1.CascadeRecorded(into) == v1alpha1.CascadeOrphan, nil
}
