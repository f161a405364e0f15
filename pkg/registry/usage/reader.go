package usage

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/registry/home"
	"github.com/kubenova/kubenova/pkg/usage"
)

// Reader asks clusters what tenants use there.
type Reader struct {
	tenants, histories *genericregistry.Store
	homes              home.Homes
}

// NewReader returns a Reader of the clusters that homes leads to, and of what was
// sampled there.
func NewReader(tenants, histories *genericregistry.Store, homes home.Homes) *Reader {
	return &Reader{tenants: tenants, histories: histories, homes: homes}
}

// ofTenant reads the quota that bounds all namespaces of the tenant. What that
// does not count is summed up over the pods.
func (r *Reader) ofTenant(ctx context.Context, tenant *v1alpha1.Tenant) (v1alpha1.UsageStatus, error) {
	connection, err := r.homes.Connect(ctx, tenant)
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	namespaces, err := namespacesOf(ctx, connection, tenant.Name)
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	quotas := capsule.EffectiveQuotas(tenant)
	used, err := ledger(ctx, connection, capsule.QuotaObject(tenant.Name, quotas))
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	if !covers(used) {
		pods, err := requested(ctx, connection, namespaces)
		if err != nil {
			return v1alpha1.UsageStatus{}, err
		}
		used = usage.Counted(pods, used)
	}
	return live(namespaces, quotas, used), nil
}

// ofProject sums up the pods of the project: no quota is a project's own.
func (r *Reader) ofProject(ctx context.Context, tenant *v1alpha1.Tenant, project string) (v1alpha1.UsageStatus, error) {
	connection, err := r.homes.Connect(ctx, tenant)
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	namespaces := []string{v1alpha1.TargetNamespace(tenant.Name, project)}
	pods, err := requested(ctx, connection, namespaces)
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	return live(namespaces, nil, pods.Amounts()), nil
}

func live(namespaces []string, quotas, used v1alpha1.ResourceAmounts) v1alpha1.UsageStatus {
	now := metav1.Now()
	return v1alpha1.UsageStatus{Source: v1alpha1.UsageLive, AsOf: &now, Namespaces: namespaces, Quotas: quotas, Used: used}
}

// covers says whether everything that is always told is among the amounts.
func covers(used v1alpha1.ResourceAmounts) bool {
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourcePods} {
		if _, found := used[string(name)]; !found {
			return false
		}
	}
	return true
}

// ledger reads what Capsule has counted against a tenant's quota. Without a
// quota, and until Capsule has made its object, that is nothing.
func ledger(ctx context.Context, connection *connections.Connection, name string) (v1alpha1.ResourceAmounts, error) {
	if name == "" {
		return nil, nil
	}
	quotas := connection.Dynamic().Resource(capsule.GroupVersion().WithResource("globalresourcequotas"))
	found, err := quotas.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, connection.Error(err)
	}
	return capsule.QuotaStatusOf(found).Used, nil
}

// namespacesOf lists the namespaces of a tenant by Capsule's label, which its
// owners cannot take off.
func namespacesOf(ctx context.Context, connection *connections.Connection, tenant string) ([]string, error) {
	list, err := connection.Kubernetes().CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: capsule.LabelTenant + "=" + tenant})
	if err != nil {
		return nil, connection.Error(err)
	}
	names := make([]string, 0, len(list.Items))
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	slices.Sort(names)
	return names, nil
}
