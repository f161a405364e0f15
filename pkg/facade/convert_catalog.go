package facade

import (
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// plan is the REST form of a Plan.
type plan struct {
	Name         string      `json:"name"`
	Description  string      `json:"description"`
	TenantQuotas amounts     `json:"tenantQuotas"`
	PolicySets   []string    `json:"policysets"`
	Revision     string      `json:"revision"`
	Rollout      planRollout `json:"rollout"`
}

// planRollout says how far the tenants of a plan have it.
type planRollout struct {
	BatchSize      int64  `json:"batchSize"`
	Paused         bool   `json:"paused"`
	Stopped        bool   `json:"stopped"`
	State          string `json:"state"`
	Message        string `json:"message"`
	Tenants        int64  `json:"tenants"`
	UpdatedTenants int64  `json:"updatedTenants"`
	ReadyTenants   int64  `json:"readyTenants"`
	FailedTenants  int64  `json:"failedTenants"`
}

func fromPlan(p *v1alpha1.Plan) plan {
	rollout := planRollout{
		BatchSize: int64(p.Spec.Rollout.BatchSize), Paused: p.Spec.Rollout.Paused, Stopped: p.Spec.Rollout.Stopped, State: "Unknown",
		Tenants: int64(p.Status.Tenants), UpdatedTenants: int64(p.Status.UpdatedTenants),
		ReadyTenants: int64(p.Status.ReadyTenants), FailedTenants: int64(p.Status.FailedTenants),
	}
	if c := apimeta.FindStatusCondition(p.Status.Conditions, v1alpha1.PlanRolledOut); c != nil && c.ObservedGeneration == p.Generation {
		rollout.State, rollout.Message = c.Reason, c.Message
	}
	return plan{
		Name: p.Name, Description: p.Spec.Description, TenantQuotas: fromAmounts(p.Spec.Quotas),
		PolicySets: append([]string{}, p.Spec.PolicySets...), Revision: p.Spec.Revision, Rollout: rollout,
	}
}

func fromCatalogPolicySet(p *v1alpha1.CatalogPolicySet) policySet {
	return fromPolicySet(&v1alpha1.PolicySet{ObjectMeta: p.ObjectMeta, Spec: p.Spec.PolicySetSpec})
}

// catalogItem is the REST form of a CatalogItem.
type catalogItem struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Description string   `json:"description"`
	Schema      any      `json:"schema,omitempty"`
	Clusters    []string `json:"clusters"`
}

func fromCatalogItem(i *v1alpha1.CatalogItem) catalogItem {
	return catalogItem{
		Name: i.Spec.Name, Type: string(i.Spec.Type), Description: i.Spec.Description,
		Schema: fromProperties(i.Spec.Schema), Clusters: append([]string{}, i.Spec.Clusters...),
	}
}
