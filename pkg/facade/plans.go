package facade

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
)

// planUpdate is the body that gives a tenant a plan.
type planUpdate struct {
	Name *string `json:"name"`
}

// tenantPlan is the plan of a tenant and what follows from it.
type tenantPlan struct {
	Name       string   `json:"name"`
	Revision   string   `json:"revision"`
	PolicySets []string `json:"policysets"`
	Quotas     amounts  `json:"quotas"`
	// AppliedAt is missing until the plan is applied.
	AppliedAt *time.Time `json:"appliedAt,omitempty"`
}

func getTenantPlan(c *call) (reply, error) {
	found, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	return c.showPlan(found)
}

// putTenantPlan gives a tenant a plan. What the tenant's own quotas say of the
// resources that the plan bounds goes, so that the plan holds.
func putTenantPlan(c *call) (reply, error) {
	var body planUpdate
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if body.Name == nil {
		return reply{}, invalid(field.Required(field.NewPath("name"), "an empty name takes the plan away"))
	}
	wanted, err := c.namedPlan(*body.Name)
	if err != nil {
		return reply{}, err
	}
	updated, err := c.tenants().change(c, c.tenant, func(t *v1alpha1.Tenant) error {
		t.Spec.Plan, t.Spec.Quotas = *body.Name, wanted.Unbounded(t.Spec.Quotas)
		return nil
	})
	if err != nil {
		return reply{}, renamed("plan", "name", err)
	}
	return c.showPlan(updated)
}

// namedPlan returns the plan that a body names; an empty one for no name.
func (c *call) namedPlan(name string) (*v1alpha1.Plan, error) {
	at := field.NewPath("name")
	if name == "" {
		return &v1alpha1.Plan{}, nil
	}
	if problems := v1alpha1.CheckPlanName(name); len(problems) > 0 {
		return nil, invalid(field.Invalid(at, nil, problems[0]))
	}
	plan, err := c.api.Plans().Get(c.ctx(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, invalid(field.NotFound(at, name))
	}
	return plan, err
}

// showPlan answers with the plan of a tenant, as it is applied or about to be.
func (c *call) showPlan(found *v1alpha1.Tenant) (reply, error) {
	shown := found.DeepCopy()
	if applied := shown.Status.Plan; applied == nil || applied.Name != shown.Spec.Plan {
		plan, err := c.namedPlan(shown.Spec.Plan)
		if err != nil {
			return reply{}, err
		}
		shown.Status.Plan = v1alpha1.AppliedPlanOf(plan, nil, metav1.Time{})
	}
	return withObject(found, fromTenantPlan(shown)), nil
}

func fromTenantPlan(t *v1alpha1.Tenant) tenantPlan {
	applied := t.Status.Plan
	out := tenantPlan{
		Name: applied.Name, Revision: applied.Revision, PolicySets: append([]string{}, applied.PolicySets...),
		Quotas: fromAmounts(capsule.EffectiveQuotas(t)),
	}
	if !applied.AppliedAt.IsZero() {
		out.AppliedAt = new(applied.AppliedAt.UTC())
	}
	return out
}

// stopPlan stops the rollout of a plan's change where it is.
func stopPlan(c *call) (reply, error) {
	return c.controlPlan(func(found *v1alpha1.Plan) error {
		_, err := c.api.Plans().Stop(c.ctx(), found.Name, &v1alpha1.PlanStop{ObjectMeta: only(found)}, c.createOptions())
		return err
	})
}

// resumePlan lets a rollout that was stopped go on.
func resumePlan(c *call) (reply, error) {
	return c.controlPlan(func(found *v1alpha1.Plan) error {
		_, err := c.api.Plans().Resume(c.ctx(), found.Name, &v1alpha1.PlanResume{ObjectMeta: only(found)}, c.createOptions())
		return err
	})
}

// controlPlan does something to the rollout of the path's plan.
func (c *call) controlPlan(do func(*v1alpha1.Plan) error) (reply, error) {
	if err := c.decodeNothing(); err != nil {
		return reply{}, err
	}
	found, err := c.plans().find(c.ctx(), c.param("plan"))
	if err != nil {
		return reply{}, err
	}
	if err := do(found); err != nil {
		return reply{}, err
	}
	return accepted(found), nil
}
