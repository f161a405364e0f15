package accessgrant

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
)

// need is what must be allowed to a caller on this API for it to be given a role
// on the cluster.
type need struct{ verb, resource string }

// needs lists the need of each role. None is met by a role below it.
func needs(role v1alpha1.MemberRole) (need, bool) {
	switch role {
	case v1alpha1.RoleTenantOwner:
		return need{"update", "projects"}, true
	case v1alpha1.RoleProjectDev:
		return need{"create", "apps"}, true
	case v1alpha1.RoleReadOnly:
		return need{"get", "apps"}, true
	}
	return need{}, false
}

func rolesDescending() []v1alpha1.MemberRole {
	return []v1alpha1.MemberRole{v1alpha1.RoleTenantOwner, v1alpha1.RoleProjectDev, v1alpha1.RoleReadOnly}
}

// mayHave says whether a caller may be given a role in a project, or for the
// tenant when there is none.
func (i *Issuer) mayHave(ctx context.Context, caller user.Info, tenant, project string, role v1alpha1.MemberRole) (bool, error) {
	n, known := needs(role)
	if !known {
		return false, nil
	}
	if role == v1alpha1.RoleTenantOwner && project == "" {
		// A project's own owners may change it, but not make others.
		return i.allows(ctx, caller, need{"create", "projects"}, v1alpha1.TenantNamespace(tenant), "")
	}
	if n.resource == "projects" {
		return i.allows(ctx, caller, n, v1alpha1.TenantNamespace(tenant), project)
	}
	return i.allows(ctx, caller, n, v1alpha1.ProjectNamespace(tenant, project), "")
}

// administers says whether a caller's rights in a tenant are other than those of
// its owners and members, who may not change the tenant itself.
func (i *Issuer) administers(ctx context.Context, caller user.Info, tenant string) (bool, error) {
	return i.allows(ctx, caller, need{"update", "tenants"}, "", tenant)
}

func (i *Issuer) allows(ctx context.Context, caller user.Info, n need, namespace, name string) (bool, error) {
	decision, _, err := i.authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User: caller, Verb: n.verb, Namespace: namespace, Name: name, ResourceRequest: true,
		APIGroup: v1alpha1.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version, Resource: n.resource,
	})
	if decision == authorizer.DecisionAllow {
		return true, nil
	}
	if err != nil {
		return false, authz.Failed(caller, n.verb, n.resource, err)
	}
	return false, nil
}

// scope returns the role that a wish amounts to, and the projects to bind it in.
func (i *Issuer) scope(ctx context.Context, caller user.Info, w wish, projects []v1alpha1.Project) (v1alpha1.MemberRole, []string, error) {
	candidates := []v1alpha1.MemberRole{w.role}
	if w.role == "" {
		candidates = rolesDescending()
	}
	for _, role := range candidates {
		bound, ok, err := i.scopeOf(ctx, caller, w, role, projects)
		if err != nil || ok {
			return role, bound, err
		}
	}
	return "", nil, forbidden(w, "the role is more than the caller has there")
}

func (i *Issuer) scopeOf(ctx context.Context, caller user.Info, w wish, role v1alpha1.MemberRole, projects []v1alpha1.Project) ([]string, bool, error) {
	if w.project != "" {
		ok, err := i.mayHave(ctx, caller, w.tenant, w.project, role)
		return []string{w.project}, ok, err
	}
	if role == v1alpha1.RoleTenantOwner {
		ok, err := i.mayHave(ctx, caller, w.tenant, "", role)
		return nil, ok, err
	}
	var bound []string
	for _, project := range projects {
		ok, err := i.mayHave(ctx, caller, w.tenant, project.Name, role)
		if err != nil {
			return nil, false, err
		}
		if ok {
			bound = append(bound, project.Name)
		}
	}
	if len(bound) > 0 {
		return bound, true, nil
	}
	// A tenant without projects has owners all the same.
	ok, err := i.mayHave(ctx, caller, w.tenant, "", v1alpha1.RoleTenantOwner)
	return nil, ok, err
}

func forbidden(w wish, reason string) error {
	resource, name := "tenants/kubeconfig", w.tenant
	if w.project != "" {
		resource, name = "projects/kubeconfig", w.project
	}
	return apierrors.NewForbidden(v1alpha1.Resource(resource), name, errors.New(reason))
}
