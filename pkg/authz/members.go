package authz

import (
	"context"
	"slices"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
)

// MembersName is the name of the membership authorizer, in metrics and audit.
const MembersName = "kubenova.io/members"

// members allows what owners and members may do.
type members struct {
	index *membership.Index
	table table
}

// NewMemberAuthorizer returns the authorizer that allows owners what is in their
// tenants and members what is in their projects, by their role there. Every user
// may list and watch, since the store narrows what that shows, and read the
// catalog. On everything else it has no opinion. It must come after the role
// authorizer, which caps.
func NewMemberAuthorizer(index *membership.Index) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(members{index: index, table: newTable()}.authorize)
}

func (m members) authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if !isGroup(a) || isAnonymous(a.GetUser()) || isMaster(a.GetUser()) {
		return authorizer.DecisionNoOpinion, "", nil
	}
	if isNarrowedList(a) || isCatalog(a) {
		return authorizer.DecisionAllow, "", nil
	}
	if !isMembers(a.GetResource()) {
		return authorizer.DecisionNoOpinion, "", nil
	}
	live, allowed := m.index.Live(), m.allows(a)
	if !live && (allowed || !m.index.Synced()) {
		if err := m.index.WaitLive(ctx); err != nil {
			return authorizer.DecisionNoOpinion, "", err
		}
		allowed = m.allows(a)
	}
	if allowed {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

func (m members) allows(a authorizer.Attributes) bool {
	tenant, project, ok := scopeOf(a)
	if !ok {
		return false
	}
	access := m.index.Access(a.GetUser(), tenant, project)
	if !access.Member {
		return false
	}
	if access.Owner {
		return m.table.allow(RoleTenantOwner, a)
	}
	switch a.GetResource() {
	case "tenants", "policysets":
		return m.table.allow(RoleReadOnly, a)
	case "projects":
		return m.table.allow(Role(access.Role), a) && !makesProjects(a)
	}
	return m.table.allow(Role(access.Role), a)
}

// scopeOf returns the tenant and project that a request is about.
func scopeOf(a authorizer.Attributes) (tenant, project string, ok bool) {
	if a.GetResource() == "tenants" {
		return a.GetName(), "", a.GetName() != ""
	}
	tenant, project, ok = v1alpha1.SplitNamespace(a.GetNamespace())
	switch a.GetResource() {
	case "projects":
		return tenant, a.GetName(), ok && project == ""
	case "policysets", "accessgrants":
		return tenant, "", ok && project == ""
	}
	return tenant, project, ok && project != ""
}

// makesProjects matches what is the tenant's matter and not the project's: who
// owns a project changes it, but neither makes projects nor deletes them.
func makesProjects(a authorizer.Attributes) bool {
	return a.GetSubresource() == "" && (a.GetVerb() == "create" || a.GetVerb() == "delete" || a.GetVerb() == "deletecollection")
}

// isMaster matches the administrators of the host, who wait for nothing.
func isMaster(u user.Info) bool { return slices.Contains(u.GetGroups(), user.SystemPrivilegedGroup) }

func isAnonymous(u user.Info) bool {
	return u == nil || u.GetName() == "" || u.GetName() == user.Anonymous || slices.Contains(u.GetGroups(), user.AllUnauthenticated)
}
