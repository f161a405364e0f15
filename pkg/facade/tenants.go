package facade

import (
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func createTenant(c *call) (reply, error) {
	var body tenant
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	home, err := c.cluster()
	if err != nil {
		return reply{}, err
	}
	wanted, err := toTenant(body, home.Name)
	if err != nil {
		return reply{}, err
	}
	created, err := c.api.Tenants().Create(c.ctx(), wanted, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	return withObject(created, fromTenant(created)), nil
}

// listTenants lists the tenants of a cluster, of one owner if the query says so.
func listTenants(c *call) (reply, error) {
	opts, err := c.tenantListOptions()
	if err != nil {
		return reply{}, err
	}
	tenants, cursor, err := c.tenants().page(c.ctx(), opts)
	if err != nil {
		return reply{}, err
	}
	if len(tenants) == 0 {
		// A cluster with tenants is known to exist without reading it, which their
		// owners may not be allowed to. An empty list could be that of no cluster.
		if _, err := c.cluster(); err != nil {
			return reply{}, err
		}
	}
	return listReply(tenants, cursor, fromTenant), nil
}

// tenantListOptions selects the tenants of the path's cluster, of one owner if
// the query says so.
func (c *call) tenantListOptions() (metav1.ListOptions, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return metav1.ListOptions{}, err
	}
	var terms []fields.Selector
	if owner := c.query.Get("owner"); owner != "" {
		subject := toOwner(owner)
		terms = append(terms, fields.OneTermEqualSelector(v1alpha1.FieldOwner(subject.Kind), subject.Name))
	}
	home, err := c.onCluster()
	if err != nil {
		return metav1.ListOptions{}, err
	}
	if home.field != nil {
		terms = append(terms, home.field)
	}
	if home.label != nil {
		query.selector = query.selector.Add(*home.label)
	}
	opts := query.options()
	opts.FieldSelector = fields.AndSelectors(terms...).String()
	return opts, nil
}

// place selects what is on a cluster.
type place struct {
	field fields.Selector
	label *labels.Requirement
}

// onCluster selects the tenants of the path's cluster. Who may read the cluster
// has its tenants looked up in the index of its name.
func (c *call) onCluster() (place, error) {
	id := c.param("cluster")
	if !v1alpha1.IsUUID(id) {
		return place{field: fields.OneTermEqualSelector(v1alpha1.FieldCluster, id)}, nil
	}
	var out place
	switch found, err := c.cluster(); {
	case err == nil:
		out.field = fields.OneTermEqualSelector(v1alpha1.FieldCluster, found.Name)
	case translate(err).status != http.StatusNotFound:
		return place{}, err
	}
	label, err := labels.NewRequirement(v1alpha1.LabelCluster, selection.Equals, []string{id})
	if err != nil {
		return place{}, fmt.Errorf("selecting the tenants of cluster %s: %w", id, err)
	}
	out.label = label
	return out, nil
}

func getTenant(c *call) (reply, error) {
	found, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromTenant(found)), nil
}

func putTenant(c *call) (reply, error) {
	var body tenant
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	updated, err := c.tenants().change(c, c.tenant, body.apply)
	if err != nil {
		return reply{}, err
	}
	return withObject(updated, fromTenant(updated)), nil
}

func deleteTenant(c *call) (reply, error) {
	found, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	return removePreviewed(c, c.tenants(), found, c.api.Tenants().GetDeletion)
}

// ownersUpdate is the body that replaces the owners of a tenant.
type ownersUpdate struct {
	Owners []string `json:"owners"`
}

func putOwners(c *call) (reply, error) {
	var body ownersUpdate
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	if body.Owners == nil {
		return reply{}, invalid(field.Required(field.NewPath("owners"), "an empty array takes all owners away"))
	}
	owners, err := toOwners(body.Owners)
	if err != nil {
		return reply{}, err
	}
	return c.changeTenant(func(t *v1alpha1.Tenant) { t.Spec.Owners = owners })
}
