package grant

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// credentials reads kubeconfigs from the API.
type credentials struct{ clients versioned.Interface }

// Kubeconfig implements connections.Credentials.
func (c credentials) Kubeconfig(ctx context.Context, cluster *v1alpha1.Cluster) ([]byte, error) {
	stored, err := c.clients.KubenovaV1alpha1().Clusters().GetKubeconfig(ctx, cluster.Name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if stored.Spec.ClusterUID != string(cluster.UID) {
		return nil, apierrors.NewNotFound(v1alpha1.Resource("clusters/kubeconfig"), cluster.Name)
	}
	return stored.Spec.Kubeconfig, nil
}
