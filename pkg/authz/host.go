package authz

import (
	"context"

	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// NewHostAuthorizer returns the authorizer that asks the host cluster. There all
// users may get the objects whose lists are narrowed, so that kube-apiserver lets
// their requests through; here that counts only for who may see all of them.
func NewHostAuthorizer(host authorizer.Authorizer) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		decision, reason, err := host.Authorize(ctx, a)
		if decision != authorizer.DecisionAllow || !isNarrowedGet(a) {
			return decision, reason, err
		}
		return host.Authorize(ctx, toSeeAll(a))
	})
}

func isNarrowedGet(a authorizer.Attributes) bool {
	return isGroup(a) && a.GetVerb() == "get" && a.GetSubresource() == "" && isNarrowed(a.GetResource())
}

// toSeeAll is the review for seeing an object whoever its owners and members are.
func toSeeAll(a authorizer.Attributes) authorizer.Attributes {
	return authorizer.AttributesRecord{
		User: a.GetUser(), Verb: VerbListAll, Namespace: a.GetNamespace(), Name: a.GetName(),
		APIGroup: a.GetAPIGroup(), APIVersion: a.GetAPIVersion(), Resource: a.GetResource(),
		ResourceRequest: true, Path: a.GetPath(),
	}
}
