package facade

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func (c *call) clusters() resource[*v1alpha1.Cluster, *v1alpha1.ClusterList] {
	items := func(l *v1alpha1.ClusterList) []*v1alpha1.Cluster { return pointers(l.Items) }
	return resource[*v1alpha1.Cluster, *v1alpha1.ClusterList]{kind: "cluster", client: c.api.Clusters(), items: items}
}

func (c *call) tenants() resource[*v1alpha1.Tenant, *v1alpha1.TenantList] {
	items := func(l *v1alpha1.TenantList) []*v1alpha1.Tenant { return pointers(l.Items) }
	return resource[*v1alpha1.Tenant, *v1alpha1.TenantList]{kind: "tenant", client: c.api.Tenants(), items: items}
}

func (c *call) projects(namespace string) resource[*v1alpha1.Project, *v1alpha1.ProjectList] {
	items := func(l *v1alpha1.ProjectList) []*v1alpha1.Project { return pointers(l.Items) }
	return resource[*v1alpha1.Project, *v1alpha1.ProjectList]{kind: "project", client: c.api.Projects(namespace), items: items}
}

func (c *call) policySets(namespace string) resource[*v1alpha1.PolicySet, *v1alpha1.PolicySetList] {
	items := func(l *v1alpha1.PolicySetList) []*v1alpha1.PolicySet { return pointers(l.Items) }
	return resource[*v1alpha1.PolicySet, *v1alpha1.PolicySetList]{kind: "policy set", client: c.api.PolicySets(namespace), items: items}
}

func (c *call) apps(namespace string) resource[*v1alpha1.App, *v1alpha1.AppList] {
	items := func(l *v1alpha1.AppList) []*v1alpha1.App { return pointers(l.Items) }
	return resource[*v1alpha1.App, *v1alpha1.AppList]{kind: "app", client: c.api.Apps(namespace), items: items}
}

func (c *call) revisions(namespace string) resource[*v1alpha1.AppRevision, *v1alpha1.AppRevisionList] {
	items := func(l *v1alpha1.AppRevisionList) []*v1alpha1.AppRevision { return pointers(l.Items) }
	return resource[*v1alpha1.AppRevision, *v1alpha1.AppRevisionList]{kind: "revision", client: c.api.AppRevisions(namespace), items: items}
}

func (c *call) plans() resource[*v1alpha1.Plan, *v1alpha1.PlanList] {
	items := func(l *v1alpha1.PlanList) []*v1alpha1.Plan { return pointers(l.Items) }
	return resource[*v1alpha1.Plan, *v1alpha1.PlanList]{kind: "plan", client: c.api.Plans(), items: items}
}

func (c *call) catalogPolicySets() resource[*v1alpha1.CatalogPolicySet, *v1alpha1.CatalogPolicySetList] {
	items := func(l *v1alpha1.CatalogPolicySetList) []*v1alpha1.CatalogPolicySet { return pointers(l.Items) }
	return resource[*v1alpha1.CatalogPolicySet, *v1alpha1.CatalogPolicySetList]{kind: "policy set", client: c.api.CatalogPolicySets(), items: items}
}

func (c *call) catalogItems() resource[*v1alpha1.CatalogItem, *v1alpha1.CatalogItemList] {
	items := func(l *v1alpha1.CatalogItemList) []*v1alpha1.CatalogItem { return pointers(l.Items) }
	return resource[*v1alpha1.CatalogItem, *v1alpha1.CatalogItemList]{kind: "catalog item", client: c.api.CatalogItems(), items: items}
}

func pointers[T any](values []T) []*T {
	out := make([]*T, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

// cluster returns the cluster of the path.
func (c *call) cluster() (*v1alpha1.Cluster, error) {
	return c.clusters().find(c.ctx(), c.param("cluster"))
}

// tenant returns the tenant of the path, if it lives on the cluster of the path.
func (c *call) tenant() (*v1alpha1.Tenant, error) {
	tenant, err := c.tenants().find(c.ctx(), c.param("tenant"))
	if err != nil {
		return nil, err
	}
	if err := c.checkHome(tenant); err != nil {
		return nil, err
	}
	return tenant, nil
}

// checkHome refuses a tenant that lives on another cluster than the path's. It
// compares with what the tenant says of its home and does not read the cluster,
// which a tenant's owner may not be allowed to.
func (c *call) checkHome(tenant *v1alpha1.Tenant) error {
	id := c.param("cluster")
	if id == "" { // a path without a cluster
		return nil
	}
	home := tenant.Spec.ClusterRef.Name
	if v1alpha1.IsUUID(id) {
		home = tenant.Labels[v1alpha1.LabelCluster]
	}
	if id != home {
		return c.tenants().missing(c.param("tenant"))
	}
	return nil
}

// tenantNamespace returns the namespace of the projects and policy sets of the
// path's tenant.
func (c *call) tenantNamespace() (string, error) {
	tenant, err := c.tenant()
	if err != nil {
		return "", err
	}
	return v1alpha1.TenantNamespace(tenant.Name), nil
}

// project returns the project of the path, if it belongs to the path's tenant.
func (c *call) project() (*v1alpha1.Project, error) {
	namespace, err := c.tenantNamespace()
	if err != nil {
		return nil, err
	}
	return c.projects(namespace).find(c.ctx(), c.param("project"))
}

// projectNamespace returns the namespace of the apps of the path's project.
func (c *call) projectNamespace() (string, error) {
	tenant, err := c.tenant()
	if err != nil {
		return "", err
	}
	project, err := c.projects(v1alpha1.TenantNamespace(tenant.Name)).find(c.ctx(), c.param("project"))
	if err != nil {
		return "", err
	}
	return v1alpha1.ProjectNamespace(tenant.Name, project.Name), nil
}

// app returns the app of the path, if it belongs to the path's project.
func (c *call) app() (*v1alpha1.App, error) {
	namespace, err := c.projectNamespace()
	if err != nil {
		return nil, err
	}
	return c.apps(namespace).find(c.ctx(), c.param("app"))
}

// named returns the metadata of an object to create.
func named(name string, labels, annotations map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Labels: labels, Annotations: annotations}
}
