package facade

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func getQuotas(c *call) (reply, error) {
	return c.showTenant(func(t *v1alpha1.Tenant) any { return fromAmounts(t.Spec.Quotas) })
}

func putQuotas(c *call) (reply, error) {
	return c.putAmounts("quotas", func(t *v1alpha1.Tenant, amounts v1alpha1.ResourceAmounts) { t.Spec.Quotas = amounts })
}

func getLimits(c *call) (reply, error) {
	return c.showTenant(func(t *v1alpha1.Tenant) any { return fromAmounts(t.Spec.Limits) })
}

func putLimits(c *call) (reply, error) {
	return c.putAmounts("limits", func(t *v1alpha1.Tenant, amounts v1alpha1.ResourceAmounts) { t.Spec.Limits = amounts })
}

func getNetworkPolicies(c *call) (reply, error) {
	return c.showTenant(func(t *v1alpha1.Tenant) any { return fromNetworkPolicies(t.Spec.NetworkPolicies) })
}

func putNetworkPolicies(c *call) (reply, error) {
	var body networkPolicies
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	answer, err := c.changeTenant(func(t *v1alpha1.Tenant) { t.Spec.NetworkPolicies = toNetworkPolicies(body) })
	return answer, under("networkPolicies", err)
}

// putAmounts replaces one of a tenant's maps of amounts.
func (c *call) putAmounts(name string, set func(*v1alpha1.Tenant, v1alpha1.ResourceAmounts)) (reply, error) {
	var body amounts
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	wanted, err := toAmounts(body, field.NewPath(name))
	if err != nil {
		return reply{}, under(name, err)
	}
	answer, err := c.changeTenant(func(t *v1alpha1.Tenant) { set(t, wanted) })
	return answer, under(name, err)
}

// showTenant answers with a part of the path's tenant.
func (c *call) showTenant(part func(*v1alpha1.Tenant) any) (reply, error) {
	found, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, part(found)), nil
}

// changeTenant replaces a part of the path's tenant.
func (c *call) changeTenant(edit func(*v1alpha1.Tenant)) (reply, error) {
	updated, err := c.tenants().change(c, c.tenant, func(t *v1alpha1.Tenant) error {
		edit(t)
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return withoutBody(updated), nil
}
