package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

const (
	// sweepInterval is the time between two sweeps, give or take a fifth.
	sweepInterval = time.Hour
	sweepPage     = 100
)

// Run removes, now and every hour until ctx is done, credentials whose cluster is
// gone: a crash between the deletion of both leaves some.
func (r *KubeconfigREST) Run(ctx context.Context) {
	for {
		if removed, err := r.sweep(ctx); err != nil && ctx.Err() == nil {
			klog.FromContext(ctx).Error(err, "Sweeping the credentials of deleted clusters")
		} else if removed > 0 {
			klog.FromContext(ctx).Info("Removed the credentials of deleted clusters", "count", removed)
		}
		timer := time.NewTimer(time.Duration(float64(sweepInterval) * (0.8 + 0.4*rand.Float64())))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (r *KubeconfigREST) sweep(ctx context.Context) (removed int, err error) {
	ctx = store.InternalRequest(genericapirequest.WithNamespace(ctx, metav1.NamespaceNone), "delete", CredentialsResource)
	options := &internalversion.ListOptions{Limit: sweepPage}
	for {
		found, err := r.credentials.store.List(ctx, options)
		if err != nil {
			return removed, fmt.Errorf("listing credentials: %w", err)
		}
		page := found.(*v1alpha1.ClusterKubeconfigList)
		for i := range page.Items {
			gone, err := r.removeOrphan(ctx, &page.Items[i])
			if err != nil {
				return removed, err
			}
			if gone {
				removed++
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return removed, nil
		}
	}
}

// removeOrphan removes credentials if their cluster is gone: a Cluster is there
// before its credentials. Those of a newer cluster of the name stay.
func (r *KubeconfigREST) removeOrphan(ctx context.Context, stored *v1alpha1.ClusterKubeconfig) (bool, error) {
	cluster, err := r.cluster(ctx, stored.Name)
	switch {
	case err == nil && string(cluster.UID) == stored.Spec.ClusterUID:
		return false, nil
	case err != nil && !apierrors.IsNotFound(err):
		return false, fmt.Errorf("reading the cluster %s: %w", stored.Name, err)
	}
	former := &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: stored.Name, UID: types.UID(stored.Spec.ClusterUID)}}
	_, _, err = r.credentials.store.Delete(ctx, stored.Name, onlyOf(former), &metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return false, nil
	}
	return err == nil, err
}
