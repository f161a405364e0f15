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
	"github.com/kubenova/kubenova/pkg/registry/deletion"
	"github.com/kubenova/kubenova/pkg/registry/home"
	"github.com/kubenova/kubenova/pkg/registry/orphanrecord"
	"github.com/kubenova/kubenova/pkg/registry/policyset"
	"github.com/kubenova/kubenova/pkg/registry/project"
	"github.com/kubenova/kubenova/pkg/registry/store"
	"github.com/kubenova/kubenova/pkg/registry/tenant"
	"github.com/kubenova/kubenova/pkg/registry/token"
	"github.com/kubenova/kubenova/pkg/registry/usage"
	"github.com/kubenova/kubenova/pkg/registry/usagehistory"
)

// newStorage returns every path of kubenova.io/v1alpha1 with what serves it, and
// gives the stores of parents to registry. Clusters are reached at the addresses
// that are allowed. Lists and watches show what visibility lets their caller see,
// whose index hears of what is written here. Kubeconfigs for a cluster that names no
// proxy lead to proxy, if there is one.
func newStorage(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, registry *parents.Registry,
	allowed []netip.Prefix, visibility store.Visibility, proxy *access.Proxy, tokens token.Issuer,
) (map[string]rest.Storage, error) {
	s, err := newStores(scheme, optsGetter, allowed, visibility)
	if err != nil {
		return nil, err
	}
	homes := homesIn(s.clusters, s.orphans)
	previewed := deletion.Stores{Tenants: s.tenants.Tenant.Store, Projects: s.projects.Project.Store, Apps: s.apps.App.Store, Grants: s.grants}
	issuer := accessgrant.NewIssuer(
		accessgrant.Stores{Tenants: s.tenants.Tenant.Store, Projects: s.projects.Project.Store},
		s.grants, homes, visibility.Authorizer, proxy)
	reader := usage.NewReader(s.tenants.Tenant.Store, s.histories.Store, homes)
	tell(visibility.Members, s.tenants.Tenant.Store, s.projects.Project.Store)
	registry.Set(parents.Stores{Clusters: s.clusters.Cluster, Tenants: s.tenants.Tenant.Store, Projects: s.projects.Project, Apps: s.apps.App})

	return map[string]rest.Storage{
		"clusters":              s.clusters.Cluster,
		"clusters/status":       s.clusters.Status,
		"clusters/kubeconfig":   s.clusters.Kubeconfig,
		"clusters/bootstrap":    s.clusters.Bootstrap,
		"clusters/capabilities": s.clusters.Capabilities,
		"clusters/proxy":        s.clusters.Proxy,
		"clusters/cleanup":      cluster.NewCleanupREST(s.clusters, registry.HasTenants),
		"tenants":               s.tenants.Tenant,
		"tenants/status":        s.tenants.Status,
		"tenants/kubeconfig":    issuer.OfTenants(),
		"projects":              s.projects.Project,
		"projects/status":       s.projects.Status,
		"projects/kubeconfig":   issuer.OfProjects(),
		"accessgrants":          s.grants,
		"tenants/deletion":      deletion.OfTenants(previewed, homes),
		"projects/deletion":     deletion.OfProjects(previewed, homes),
		"orphanrecords":         s.orphans,
		"usagehistories":        s.histories,
		"tenants/usage":         usage.NewTenantREST(reader),
		"projects/usage":        usage.NewProjectREST(reader, s.projects.Project.Store),
		"policysets":            s.policySets,
		"apps":                  s.apps.App,
		"apps/status":           s.apps.Status,
		"apps/deploy":           s.apps.Deploy,
		"apps/suspend":          s.apps.Suspend,
		"apps/resume":           s.apps.Resume,
		"apps/rollback":         s.apps.Rollback,
		"apps/workflow":         s.apps.Workflow,
		"apps/image":            s.apps.Image,
		"apps/logs":             s.apps.Logs,
		"apprevisions":          s.revisions,
		"plans":                 s.curated.Plan,
		"plans/status":          s.curated.PlanStatus,
		"plans/stop":            s.curated.PlanStop,
		"plans/resume":          s.curated.PlanResume,
		"catalogpolicysets":     s.curated.PolicySet,
		"catalogitems":          s.curated.Item,
		"tokens":                token.NewREST(tokens, visibility.Authorizer),
		"tokenrevocations":      s.revocations,
	}, nil
}

// stores are what the paths are served from.
type stores struct {
	clusters    cluster.Storage
	tenants     tenant.Storage
	projects    project.Storage
	policySets  *policyset.REST
	revisions   *apprevision.REST
	apps        app.Storage
	grants      *accessgrant.REST
	curated     catalog.Storage
	orphans     *orphanrecord.REST
	histories   *usagehistory.REST
	revocations *token.RevocationREST
}

func newStores(scheme *runtime.Scheme, optsGetter generic.RESTOptionsGetter, allowed []netip.Prefix, visibility store.Visibility) (stores, error) {
	clusters, err := cluster.NewStorage(scheme, optsGetter, allowed)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of clusters: %w", err)
	}
	curated, err := catalog.NewStorage(scheme, optsGetter)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of the catalog: %w", err)
	}
	tenants, err := tenant.NewStorage(scheme, optsGetter, visibility, curated.Plan.Store)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of tenants: %w", err)
	}
	projects, err := project.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of projects: %w", err)
	}
	policySets, err := policyset.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of policy sets: %w", err)
	}
	revisions, err := apprevision.NewStorage(scheme, optsGetter, visibility)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of app revisions: %w", err)
	}
	orphans, err := orphanrecord.NewStorage(scheme, optsGetter)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of orphan records: %w", err)
	}
	apps, err := app.NewStorage(scheme, optsGetter, visibility, revisions.Store, policySets.Store,
		app.Plans{Tenants: tenants.Tenant.Store, Plans: curated.Plan.Store},
		app.Homes{Tenants: tenants.Tenant.Store, Homes: homesIn(clusters, orphans)})
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of apps: %w", err)
	}
	grants, err := accessgrant.NewStorage(scheme, optsGetter)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of access grants: %w", err)
	}
	histories, err := usagehistory.NewStorage(scheme, optsGetter)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of usage histories: %w", err)
	}
	revocations, err := token.NewRevocations(scheme, optsGetter)
	if err != nil {
		return stores{}, fmt.Errorf("building the storage of token revocations: %w", err)
	}
	return stores{clusters, tenants, projects, policySets, revisions, apps, grants, curated, orphans, histories, revocations}, nil
}

func homesIn(clusters cluster.Storage, orphans *orphanrecord.REST) home.Homes {
	return home.Homes{Clusters: clusters.Cluster.Store, Connections: clusters.Connections, Orphans: orphans.Store}
}
