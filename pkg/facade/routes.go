package facade

import (
	"net/http"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// route is one line of the table below.
type route struct {
	method, path string
	// verb, resource and subresource are what the route amounts to in the group
	// kubenova.io, and what its caller must be allowed. The calls that the route
	// makes are authorized by the API server.
	verb, resource, subresource string
	handle                      func(*call) (reply, error)
	// open routes need no authenticated user.
	open bool
	// watch returns the stream of what a GET answers with, given its object if it has
	// one; nil where there is none.
	watch func(*call, metav1.Object) (stream, error)
	// follows routes stream as long as the client stays when follow=true asks so.
	follows bool
	// mints routes answer with a secret, which is never kept: with an
	// Idempotency-Key they make another each time.
	mints bool
}

// Paths that routes have in common. A segment is a uid or a name.
const (
	clustersPath   = Prefix + "/clusters"
	clusterPath    = clustersPath + "/{cluster}"
	tenantsPath    = clusterPath + "/tenants"
	tenantPath     = tenantsPath + "/{tenant}"
	projectsPath   = tenantPath + "/projects"
	projectPath    = projectsPath + "/{project}"
	appsPath       = projectPath + "/apps"
	appPath        = appsPath + "/{app}"
	runPath        = appsPath + "/runs/{run}"
	policySetsPath = tenantPath + "/policysets"
	policySetPath  = policySetsPath + "/{policyset}"
	planPath       = Prefix + "/plans/{plan}"
)

// routes is every path of the REST door. An action, as in apps/hello:deploy, is
// a segment of its own here; see splitAction.
func routes() []route {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return slices.Concat(systemRoutes(), catalogRoutes(), []route{
		{method: post, path: clustersPath, verb: "create", resource: "clusters", handle: createCluster},
		{method: get, path: clustersPath, verb: "list", resource: "clusters", handle: listClusters, watch: watchClusters},
		{method: get, path: clusterPath, verb: "get", resource: "clusters", handle: getCluster, watch: watchClusters},
		{method: put, path: clusterPath, verb: "update", resource: "clusters", handle: putCluster},
		{method: del, path: clusterPath, verb: "delete", resource: "clusters", handle: deleteCluster},
		{method: get, path: clusterPath + "/capabilities", verb: "get", resource: "clusters", subresource: "capabilities", handle: getCapabilities},
		{method: post, path: clusterPath + "/bootstrap/{component}", verb: "create", resource: "clusters", subresource: "bootstrap", handle: bootstrapCluster},
		{method: put, path: clusterPath + "/kubeconfig", verb: "create", resource: "clusters", subresource: "kubeconfig", handle: putKubeconfig},
		{method: post, path: clusterPath + "/cleanup", verb: "create", resource: "clusters", subresource: "cleanup", handle: cleanUpCluster},

		{method: post, path: tenantsPath, verb: "create", resource: "tenants", handle: createTenant},
		{method: get, path: tenantsPath, verb: "list", resource: "tenants", handle: listTenants, watch: watchTenants},
		{method: get, path: tenantPath, verb: "get", resource: "tenants", handle: getTenant, watch: watchTenants},
		{method: put, path: tenantPath, verb: "update", resource: "tenants", handle: putTenant},
		{method: del, path: tenantPath, verb: "delete", resource: "tenants", handle: deleteTenant},
		{method: put, path: tenantPath + "/owners", verb: "update", resource: "tenants", handle: putOwners},
		{method: get, path: tenantPath + "/quotas", verb: "get", resource: "tenants", handle: getQuotas},
		{method: put, path: tenantPath + "/quotas", verb: "update", resource: "tenants", handle: putQuotas},
		{method: get, path: tenantPath + "/limits", verb: "get", resource: "tenants", handle: getLimits},
		{method: put, path: tenantPath + "/limits", verb: "update", resource: "tenants", handle: putLimits},
		{method: get, path: tenantPath + "/plan", verb: "get", resource: "tenants", handle: getTenantPlan},
		{method: put, path: tenantPath + "/plan", verb: "update", resource: "tenants", handle: putTenantPlan},
		{method: get, path: tenantPath + "/network-policies", verb: "get", resource: "tenants", handle: getNetworkPolicies},
		{method: put, path: tenantPath + "/network-policies", verb: "update", resource: "tenants", handle: putNetworkPolicies},

		{method: post, path: policySetsPath, verb: "create", resource: "policysets", handle: createPolicySet},
		{method: get, path: policySetsPath, verb: "list", resource: "policysets", handle: listPolicySets, watch: watchPolicySets},
		{method: get, path: policySetPath, verb: "get", resource: "policysets", handle: getPolicySet, watch: watchPolicySets},
		{method: put, path: policySetPath, verb: "update", resource: "policysets", handle: putPolicySet},
		{method: del, path: policySetPath, verb: "delete", resource: "policysets", handle: deletePolicySet},

		{method: post, path: projectsPath, verb: "create", resource: "projects", handle: createProject},
		{method: get, path: projectsPath, verb: "list", resource: "projects", handle: listProjects, watch: watchProjects},
		{method: get, path: projectPath, verb: "get", resource: "projects", handle: getProject, watch: watchProjects},
		{method: put, path: projectPath, verb: "update", resource: "projects", handle: putProject},
		{method: del, path: projectPath, verb: "delete", resource: "projects", handle: deleteProject},
		{method: get, path: projectPath + "/access", verb: "get", resource: "projects", handle: getAccess},
		{method: put, path: projectPath + "/access", verb: "update", resource: "projects", handle: putAccess},

		{method: get, path: projectPath + "/kubeconfig", verb: "create", resource: "projects", subresource: "kubeconfig", handle: getProjectKubeconfig},
		{method: get, path: tenantPath + "/summary", verb: "get", resource: "tenants", subresource: "usage", handle: getSummary},
		{method: get, path: Prefix + "/tenants/{tenant}/usage", verb: "get", resource: "tenants", subresource: "usage", handle: getTenantUsage},
		{method: get, path: Prefix + "/projects/{project}/usage", verb: "get", resource: "projects", subresource: "usage", handle: getProjectUsage},
		{method: post, path: Prefix + "/tenants/{tenant}/kubeconfig", verb: "create", resource: "tenants", subresource: "kubeconfig", handle: createTenantKubeconfig, mints: true},

		{method: post, path: appsPath, verb: "create", resource: "apps", handle: createApp},
		{method: get, path: appsPath, verb: "list", resource: "apps", handle: listApps, watch: watchApps},
		{method: get, path: appPath, verb: "get", resource: "apps", handle: getApp, watch: watchApps},
		{method: put, path: appPath, verb: "update", resource: "apps", handle: putApp},
		{method: del, path: appPath, verb: "delete", resource: "apps", handle: deleteApp},
		{method: post, path: appPath + "/:delete", verb: "delete", resource: "apps", handle: deleteApp},
		{method: post, path: appPath + "/:deploy", verb: "create", resource: "apps", subresource: "deploy", handle: deployApp},
		{method: post, path: appPath + "/:suspend", verb: "create", resource: "apps", subresource: "suspend", handle: suspendApp},
		{method: post, path: appPath + "/:resume", verb: "create", resource: "apps", subresource: "resume", handle: resumeApp},
		{method: post, path: appPath + "/:rollback", verb: "create", resource: "apps", subresource: "rollback", handle: rollbackApp},
		{method: put, path: appPath + "/traits", verb: "update", resource: "apps", handle: putTraits},
		{method: put, path: appPath + "/policies", verb: "update", resource: "apps", handle: putPolicies},
		{method: post, path: appPath + "/image-update", verb: "create", resource: "apps", subresource: "image", handle: updateImage},
		{method: get, path: appPath + "/status", verb: "get", resource: "apps", handle: getAppStatus, watch: watchAppStatus},
		{method: get, path: appPath + "/revisions", verb: "list", resource: "apprevisions", handle: listRevisions, watch: watchRevisions},
		{method: get, path: appPath + "/logs/{appComponent}", verb: "get", resource: "apps", subresource: "logs", handle: getLogs, follows: true},
		{method: get, path: appPath + "/diff/{from}/{to}", verb: "list", resource: "apprevisions", handle: diffRevisions},
		{method: post, path: appPath + "/workflow/run", verb: "create", resource: "apps", subresource: "workflow", handle: runWorkflow},
		{method: get, path: appPath + "/workflow/runs", verb: "get", resource: "apps", handle: listRuns},
		{method: get, path: runPath, verb: "list", resource: "apprevisions", handle: getRun},
	})
}

// catalogRoutes is every path of the catalog.
func catalogRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{method: get, path: Prefix + "/plans", verb: "list", resource: "plans", handle: listPlans},
		{method: get, path: planPath, verb: "get", resource: "plans", handle: getPlan},
		{method: post, path: planPath + "/:stop", verb: "create", resource: "plans", subresource: "stop", handle: stopPlan},
		{method: post, path: planPath + "/:resume", verb: "create", resource: "plans", subresource: "resume", handle: resumePlan},
		{method: get, path: clusterPath + "/policysets/catalog", verb: "list", resource: "catalogpolicysets", handle: listCatalogPolicySets},
		{method: get, path: Prefix + "/catalog/components", verb: "list", resource: "catalogitems", handle: listItems(v1alpha1.CatalogComponent)},
		{method: get, path: Prefix + "/catalog/traits", verb: "list", resource: "catalogitems", handle: listItems(v1alpha1.CatalogTrait)},
		{method: get, path: Prefix + "/catalog/workflows", verb: "list", resource: "catalogitems", handle: listItems(v1alpha1.CatalogWorkflow)},
	}
}

// systemRoutes tell of the server and of its caller.
func systemRoutes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{method: get, path: Prefix + "/healthz", verb: "get", resource: "healthz", handle: getHealth, open: true},
		{method: get, path: Prefix + "/readyz", verb: "get", resource: "readyz", handle: getReadiness, open: true},
		{method: get, path: Prefix + "/openapi.json", verb: "get", resource: "openapi", handle: serve(contract()), open: true},
		{method: get, path: Prefix + "/docs", verb: "get", resource: "docs", handle: serve(docs()), open: true},
		{method: post, path: Prefix + "/tokens", verb: "create", resource: "tokens", handle: createToken, mints: true},
		{method: get, path: Prefix + "/jwks", verb: "get", resource: "jwks", handle: getJWKS, open: true},
		{method: get, path: Prefix + "/me", verb: "get", resource: "me", handle: getMe},
		{method: get, path: Prefix + "/version", verb: "get", resource: "version", handle: getVersion},
		{method: get, path: Prefix + "/features", verb: "list", resource: "clusters", handle: getFeatures},
	}
}
