package usage

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/usage"
)

// seen is what a cluster says of all of its tenants at a time.
type seen struct {
	// namespaces of tenants, with the tenant that each is of.
	namespaces map[string]string
	// pods of these namespaces.
	pods map[string]*usage.Total
	// quotas by name, with what is used of them.
	quotas map[string]v1alpha1.ResourceAmounts
}

// living selects the pods that count.
const living = "status.phase!=Succeeded,status.phase!=Failed"

// look asks a cluster three things, however many tenants it has: its namespaces,
// what is used of its quotas, and its pods.
func look(ctx context.Context, cluster clusters.Client) (*seen, error) {
	out := &seen{namespaces: map[string]string{}, pods: map[string]*usage.Total{}, quotas: map[string]v1alpha1.ResourceAmounts{}}
	err := cluster.Each(ctx, clusters.Namespace, metav1.ListOptions{LabelSelector: capsule.LabelTenant}, func(namespace *unstructured.Unstructured) {
		out.namespaces[namespace.GetName()] = namespace.GetLabels()[capsule.LabelTenant]
		out.pods[namespace.GetName()] = &usage.Total{}
	})
	if err != nil {
		return nil, err
	}
	err = cluster.Each(ctx, clusters.GlobalResourceQuota, metav1.ListOptions{}, func(quota *unstructured.Unstructured) {
		out.quotas[quota.GetName()] = capsule.QuotaStatusOf(quota).Used
	})
	if err != nil && !apierrors.IsNotFound(err) { // a cluster without Capsule has none
		return nil, err
	}
	var unreadable error
	err = cluster.Each(ctx, clusters.Pod, metav1.ListOptions{FieldSelector: living}, func(object *unstructured.Unstructured) {
		total := out.pods[object.GetNamespace()]
		if total == nil {
			return
		}
		pod, err := usage.PodOf(object)
		if err != nil {
			unreadable = fmt.Errorf("reading the pod %s/%s: %w", object.GetNamespace(), object.GetName(), err)
			return
		}
		total.Add(pod)
	})
	if err != nil {
		return nil, err
	}
	return out, unreadable
}

// ofTenant is what the quota counts, and else what the pods of all of the tenant's
// namespaces request.
func (s *seen) ofTenant(tenant *v1alpha1.Tenant) usage.Sample {
	var total usage.Total
	for namespace, of := range s.namespaces {
		if of == tenant.Name {
			total.Join(*s.pods[namespace])
		}
	}
	return usage.SampleOf(usage.Counted(total, s.quotas[capsule.QuotaObject(tenant.Name, capsule.EffectiveQuotas(tenant))]))
}

// ofProject is what the pods of the project request. It is false where the
// project has no namespace.
func (s *seen) ofProject(tenant, project string) (usage.Sample, bool) {
	namespace := v1alpha1.TargetNamespace(tenant, project)
	if s.namespaces[namespace] != tenant {
		return usage.Sample{}, false
	}
	return usage.SampleOf(s.pods[namespace].Amounts()), true
}
