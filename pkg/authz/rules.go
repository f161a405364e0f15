package authz

import (
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// VerbListAll is the verb whose holder sees every object of a resource in lists
// and watches. All others see what they are owners or members of.
const VerbListAll = "listall"

var (
	reads  = []string{"get", "list", "watch"}
	writes = []string{"create", "update", "patch", "delete", "deletecollection"}
)

// rule allows verbs on a resource, or a subresource of it.
type rule struct {
	// resource is <resource> or <resource>/<subresource>; a subresource * is any
	// but status, which only controllers write.
	resource string
	verbs    []string
}

// readerRules are what readOnly allows.
func readerRules() []rule {
	return []rule{
		{"tenants", reads}, {"tenants/status", reads}, {"tenants/usage", reads},
		{"projects", reads}, {"projects/status", reads}, {"projects/usage", reads},
		{"policysets", reads},
		{"apps", reads}, {"apps/status", reads}, {"apps/logs", reads}, {"apps/workflow", reads},
		{"apprevisions", reads},
		// What a kubeconfig may do is judged when it is issued, by the other rules.
		{"tenants/kubeconfig", []string{"create"}}, {"projects/kubeconfig", []string{"create"}},
	}
}

// devRules are what projectDev allows besides.
func devRules() []rule {
	return []rule{{"apps", writes}, {"apps/*", append(slices.Clone(reads), writes...)}}
}

// ownerRules are what tenantOwner allows besides. Owners, quotas, limits, plan
// and network policies are part of the tenant, which administrators alone write:
// an owner must not raise what bounds it.
func ownerRules() []rule {
	return []rule{
		{"projects", writes}, {"projects/deletion", []string{"get"}}, {"policysets", writes},
		{"accessgrants", append(slices.Clone(reads), "delete", "deletecollection")},
	}
}

// table says what each role of members allows in its scope.
type table map[Role][]rule

func newTable() table {
	reader := readerRules()
	dev := append(slices.Clone(reader), devRules()...)
	return table{
		RoleReadOnly:    reader,
		RoleProjectDev:  dev,
		RoleTenantOwner: append(slices.Clone(dev), ownerRules()...),
	}
}

// allow says whether a role allows a request within its scope.
func (t table) allow(role Role, a authorizer.Attributes) bool {
	for _, r := range t[role] {
		if r.matches(a.GetResource(), a.GetSubresource()) && slices.Contains(r.verbs, a.GetVerb()) {
			return true
		}
	}
	return false
}

func (r rule) matches(resource, subresource string) bool {
	name, sub, _ := strings.Cut(r.resource, "/")
	if name != resource {
		return false
	}
	return sub == subresource || sub == "*" && subresource != "" && subresource != "status"
}

// isNarrowed matches the resources whose lists show what their caller may see.
func isNarrowed(resource string) bool {
	switch resource {
	case "tenants", "projects", "policysets", "apps", "apprevisions":
		return true
	}
	return false
}

// isMembers matches the resources of which owners and members may have some.
func isMembers(resource string) bool { return isNarrowed(resource) || resource == "accessgrants" }

// isNarrowedList matches the requests that anyone may make because their answer
// holds what the caller may see and nothing else.
func isNarrowedList(a authorizer.Attributes) bool {
	return isGroup(a) && a.GetSubresource() == "" && isNarrowed(a.GetResource()) && (a.GetVerb() == "list" || a.GetVerb() == "watch")
}

// isCatalog matches reads of what the platform offers to all of its tenants.
func isCatalog(a authorizer.Attributes) bool {
	return isGroup(a) && a.IsReadOnly() && a.GetSubresource() == "" && isCatalogResource(a.GetResource())
}

// isCatalogWrite matches what KubeNova's controllers alone do: the catalog is
// written in its files.
func isCatalogWrite(a authorizer.Attributes) bool {
	return isGroup(a) && !a.IsReadOnly() && isCatalogResource(a.GetResource()) && !isRollout(a)
}

// isRollout matches the stopping of a plan's rollout, which is for administrators.
func isRollout(a authorizer.Attributes) bool {
	return a.GetResource() == "plans" && (a.GetSubresource() == "stop" || a.GetSubresource() == "resume")
}

func isCatalogResource(resource string) bool {
	switch resource {
	case "plans", "catalogpolicysets", "catalogitems":
		return true
	}
	return false
}

func isGroup(a authorizer.Attributes) bool {
	return a.IsResourceRequest() && a.GetAPIGroup() == v1alpha1.GroupName
}
