package apiserver

import (
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/admission/parents"
	"github.com/kubenova/kubenova/pkg/registry/accessgrant"
	"github.com/kubenova/kubenova/pkg/registry/app"
	"github.com/kubenova/kubenova/pkg/registry/apprevision"
	"github.com/kubenova/kubenova/pkg/registry/catalog"
	"github.com/kubenova/kubenova/pkg/registry/cluster"
	"github.com/kubenova/kubenova/pkg/registry/policyset"
	"github.com/kubenova/kubenova/pkg/registry/project"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/registry/tenant"
	"github.com/kubenova/kubenova/pkg/registry/usage"
)

// newStorage returns every path of kubenova.io/v1alpha1 with what serves it, and
// gives the stores of parents to registry. Clusters are reached at the addresses
// that are allowed. Lists and watches show what visibility lets their caller see,
// whose index hears of what is written here. Kubeconfigs for a cluster that names no
// proxy lead to proxy, if there is one.
func newStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, registry *parents.Registry,
	allowed []netip.Prefix, visibility store.Visibility, proxy *access.Proxy,
) (map[string]rest.Storage, error) {
	clusters, err := cluster.NewStorage(scheme, optsGetter, allowed)
	if err != nil {
		return nil, fmt.Errorf("building the storage of clusters: %w", err)
	}
	tenants, err := tenant.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return nil, fmt.Errorf("building the storage of tenants: %w", err)
	}
	projects, err := project.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return nil, fmt.Errorf("building the storage of projects: %w", err)
	}
	policySets, err := policyset.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return nil, fmt.Errorf("building the storage of policy sets: %w", err)
	}
	revisions, err := apprevision.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return nil, fmt.Errorf("building the storage of app revisions: %w", err)
	}
	apps, err := app.NewStorage(scheme, optsGetter, visibility, revisions.Store, policySets.Store,
		app.Homes{Tenants: tenants.Tenant.Store, Clusters: clusters.Cluster.Store, Connections: clusters.Connections})
	if err != nil {
		return nil, fmt.Errorf("building the storage of apps: %w", err)
	}
	grants, err := accessgrant.NewStorage(scheme, optsGetter)
	if err != nil {
		return nil, fmt.Errorf("building the storage of access grants: %w", err)
	}
	issuer := accessgrant.NewIssuer(
		accessgrant.Stores{Clusters: clusters.Cluster.Store, Tenants: tenants.Tenant.Store, Projects: projects.Project.Store},
		grants, clusters.Connections, visibility.Authorizer, proxy)
	reader := usage.NewReader(clusters.Cluster.Store, tenants.Tenant.Store, clusters.Connections)
	curated, err := catalog.NewStorage(scheme, optsGetter)
	if err != nil {
		return nil, fmt.Errorf("building the storage of the catalog: %w", err)
	}
	tell(visibility.Members, tenants.Tenant.Store, projects.Project.Store)
	registry.Set(parents.Stores{Clusters: clusters.Cluster, Tenants: tenants.Tenant.Store, Projects: projects.Project, Apps: apps.App})

	return map[string]rest.Storage{
		"clusters":              clusters.Cluster,
		"clusters/status":       clusters.Status,
		"clusters/kubeconfig":   clusters.Kubeconfig,
		"clusters/bootstrap":    clusters.Bootstrap,
		"clusters/capabilities": clusters.Capabilities,
		"tenants":               tenants.Tenant,
		"tenants/status":        tenants.Status,
		"tenants/kubeconfig":    issuer.OfTenants(),
		"projects":              projects.Project,
		"projects/status":       projects.Status,
		"projects/kubeconfig":   issuer.OfProjects(),
		"accessgrants":          grants,
		"tenants/usage":         usage.NewTenantREST(reader),
		"projects/usage":        usage.NewProjectREST(reader, projects.Project.Store),
		"policysets":            policySets,
		"apps":                  apps.App,
		"apps/status":           apps.Status,
		"apps/deploy":           apps.Deploy,
		"apps/suspend":          apps.Suspend,
		"apps/resume":           apps.Resume,
		"apps/rollback":         apps.Rollback,
		"apps/workflow":         apps.Workflow,
		"apps/image":            apps.Image,
		"apps/logs":             apps.Logs,
		"apprevisions":          revisions,
		"plans":                 curated.Plan,
		"plans/status":          curated.PlanStatus,
		"catalogpolicysets":     curated.PolicySet,
		"catalogitems":          curated.Item,
	}, nil
}
