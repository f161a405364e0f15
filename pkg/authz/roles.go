// Package authz decides what KubeNova's own roles may do.
package authz

import (
	"context"
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Role is a KubeNova role, as tokens carry it.
type Role string

// Roles.
const (
	// RoleAdmin may do everything.
	RoleAdmin Role = "admin"
	// RoleOps may manage clusters and read everything.
	RoleOps Role = "ops"
	// RoleTenantOwner may do everything within the tenants that name the subject as owner.
	RoleTenantOwner Role = "tenantOwner"
	// RoleProjectDev may manage apps in the projects that list the subject.
	RoleProjectDev Role = "projectDev"
	// RoleReadOnly may read in those scopes.
	RoleReadOnly Role = "readOnly"
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleAdmin, RoleOps, RoleTenantOwner, RoleProjectDev, RoleReadOnly}
}

// Name of the role authorizer, in metrics and audit.
const Name = "kubenova.io/roles"

// ExtraRoles is the key under which a token's roles travel in the user's extra.
// Their presence caps the user: no other authorizer is asked.
const ExtraRoles = "kubenova.io/roles"

// GroupPrefix begins the group that stands for a role of the user.
const GroupPrefix = "kubenova:role:"

// RolesOf returns the roles that a user holds: those of its token, or admin for
// the administrators of the host.
func RolesOf(u user.Info) []Role {
	if slices.Contains(u.GetGroups(), user.SystemPrivilegedGroup) {
		return []Role{RoleAdmin}
	}
	var roles []Role
	for _, group := range u.GetGroups() {
		if role, ok := strings.CutPrefix(group, GroupPrefix); ok {
			roles = append(roles, Role(role))
		}
	}
	return roles
}

// NewRoleAuthorizer returns the authorizer for users with a KubeNova token. The
// roles of a token cap: what they do not allow is denied, whatever other
// authorizers would say. The roles admin and ops grant as well; of what the other
// roles would allow, membership says where. It has no opinion on users without a token.
func NewRoleAuthorizer() authorizer.Authorizer {
	return authorizer.AuthorizerFunc(tokenRoles{newTable()}.authorize)
}

type tokenRoles struct{ table table }

func (t tokenRoles) authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	values, capped := a.GetUser().GetExtra()[ExtraRoles]
	if !capped {
		return authorizer.DecisionNoOpinion, "", nil
	}
	capable := false
	for _, value := range values {
		role := Role(value)
		if grants(role, a) {
			return authorizer.DecisionAllow, "", nil
		}
		capable = capable || t.mayAllow(role, a)
	}
	if capable {
		return authorizer.DecisionNoOpinion, "", nil
	}
	return authorizer.DecisionDeny, "the roles of the token do not allow it", nil
}

// mayAllow says whether a role allows a request where its holder is a member.
func (t tokenRoles) mayAllow(role Role, a authorizer.Attributes) bool {
	if _, known := t.table[role]; !known || !isGroup(a) {
		return false
	}
	// Who sees all of a resource is not said by membership but by the host.
	return isCatalog(a) || t.table.allow(role, a) || a.GetVerb() == VerbListAll && isNarrowed(a.GetResource())
}

// grants says what a role allows by itself. tenantOwner, projectDev and readOnly
// need membership as well and so grant nothing here.
func grants(role Role, a authorizer.Attributes) bool {
	switch role {
	case RoleAdmin:
		return isKubeNova(a) || isDiscovery(a)
	case RoleOps:
		return opsGrants(a)
	case RoleTenantOwner, RoleProjectDev, RoleReadOnly:
		return isDiscovery(a)
	}
	return false
}

func opsGrants(a authorizer.Attributes) bool {
	if isDiscovery(a) {
		return true
	}
	if !isKubeNova(a) || a.GetSubresource() == "proxy" {
		return false
	}
	if a.IsReadOnly() || a.GetVerb() == VerbListAll {
		return true
	}
	return a.GetResource() == "clusters" && a.GetSubresource() != "status"
}

// isKubeNova matches KubeNova's own resources but the reading of credentials and
// the writing of the catalog, which no role gives.
func isKubeNova(a authorizer.Attributes) bool {
	return a.IsResourceRequest() && a.GetAPIGroup() == v1alpha1.GroupName && !isCredentials(a) && !isCatalogWrite(a)
}

func isCredentials(a authorizer.Attributes) bool {
	return a.GetResource() == "clusters" && a.GetSubresource() == "kubeconfig" && a.IsReadOnly()
}

// isDiscovery matches what every client reads before its first request.
func isDiscovery(a authorizer.Attributes) bool {
	if a.IsResourceRequest() || !a.IsReadOnly() {
		return false
	}
	path := a.GetPath()
	for _, root := range []string{"/apis", "/openapi", "/version"} {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}
