package facade

import (
	"errors"
	"net/http"

	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// listPlans lists the plans of the catalog, and not those that merely stay for the
// tenants that have them.
func listPlans(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	opts := query.options()
	opts.FieldSelector = fields.OneTermEqualSelector(v1alpha1.FieldRetired, "false").String()
	plans, cursor, err := c.plans().page(c.ctx(), opts)
	if err != nil {
		return reply{}, err
	}
	return listReply(plans, cursor, fromPlan), nil
}

func getPlan(c *call) (reply, error) {
	found, err := c.plans().find(c.ctx(), c.param("plan"))
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromPlan(found)), nil
}

// listCatalogPolicySets lists the policy sets of the catalog, which are the same
// for every cluster.
func listCatalogPolicySets(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	if err := c.checkCluster(); err != nil {
		return reply{}, err
	}
	sets, cursor, err := c.catalogPolicySets().page(c.ctx(), query.options())
	if err != nil {
		return reply{}, err
	}
	return listReply(sets, cursor, fromCatalogPolicySet), nil
}

// listItems returns the handler that lists what apps can use as a type.
func listItems(itemType v1alpha1.CatalogItemType) func(*call) (reply, error) {
	return func(c *call) (reply, error) {
		query, err := parseListQuery(c.query)
		if err != nil {
			return reply{}, err
		}
		opts := query.options()
		opts.FieldSelector = fields.OneTermEqualSelector(v1alpha1.FieldItemType, string(itemType)).String()
		items, cursor, err := c.catalogItems().page(c.ctx(), opts)
		if err != nil {
			return reply{}, err
		}
		return listReply(items, cursor, fromCatalogItem), nil
	}
}

// checkCluster refuses a path whose cluster the caller knows nothing of. Owners
// of its tenants may not read the cluster itself.
func (c *call) checkCluster() error {
	_, missing := c.cluster()
	var problem *apiError
	if !errors.As(missing, &problem) || problem.status != http.StatusNotFound {
		return missing
	}
	opts, err := c.tenantListOptions()
	if err != nil {
		return err
	}
	opts.Limit, opts.Continue = 1, ""
	tenants, _, err := c.tenants().page(c.ctx(), opts)
	if err != nil || len(tenants) == 0 {
		return missing
	}
	return nil
}
