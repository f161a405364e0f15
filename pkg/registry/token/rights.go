package token

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
)

// verbEscalate on tokens lets issue more than one holds.
const verbEscalate = "escalate"

// mayIssue keeps a caller from issuing more than it holds, unless it may escalate
// tokens: who administers the host cluster has no role of KubeNova, and may.
func mayIssue(ctx context.Context, a authorizer.Authorizer, caller user.Info, spec v1alpha1.TokenSpec) error {
	beyond := beyondOwn(caller, spec)
	if beyond == "" {
		return nil
	}
	decision, _, err := a.Authorize(ctx, authorizer.AttributesRecord{
		User: caller, Verb: verbEscalate, APIGroup: v1alpha1.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version,
		Resource: "tokens", ResourceRequest: true,
	})
	switch {
	case decision == authorizer.DecisionAllow:
		return nil
	case err != nil:
		return authz.Failed(caller, verbEscalate, "tokens", err)
	}
	return apierrors.NewForbidden(v1alpha1.Resource("tokens"), "", fmt.Errorf("user %q %s", caller.GetName(), beyond))
}

// beyondOwn says what of a token is more than the caller holds: who is not an admin
// gets tokens for itself only, and only with roles it has.
func beyondOwn(caller user.Info, spec v1alpha1.TokenSpec) string {
	held := authz.RolesOf(caller)
	if slices.Contains(held, authz.RoleAdmin) {
		return ""
	}
	if spec.Subject != caller.GetName() {
		return "cannot create tokens for others"
	}
	for _, role := range spec.Roles {
		if !slices.Contains(held, authz.Role(role)) {
			return "cannot create a token with role " + role + ", which it does not have"
		}
	}
	return ""
}
