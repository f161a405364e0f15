package authz

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// ErrHostAway says that the host cluster could not be asked for the rights of a caller.
var ErrHostAway = errors.New("the host cluster cannot be asked for the caller's rights at the moment, try again")

// NewHostAuthorizer returns the authorizer that asks the host cluster. There users
// have rights only so that kube-apiserver lets the requests of owners and members
// through. Here, on what belongs to tenants, that counts for those alone who may
// see all of it; what others may do is said by membership, from one moment to the next.
func NewHostAuthorizer(host authorizer.Authorizer) authorizer.Authorizer {
	host = orAway(host)
	return authorizer.AuthorizerFunc(func(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		decision, reason, err := host.Authorize(ctx, a)
		if decision != authorizer.DecisionAllow || !isGroup(a) || !isMembers(a.GetResource()) || a.GetVerb() == VerbListAll {
			return decision, reason, err
		}
		if decision, err = seesAll(ctx, host, a); decision != authorizer.DecisionAllow {
			return decision, "the host cluster allows this to who is an owner or member, or has the verb " + VerbListAll + " on " + a.GetResource() + " as well", err
		}
		return decision, reason, err
	})
}

// orAway says of errors that they are those of a host cluster that is away: it answers
// what it can answer without.
func orAway(host authorizer.Authorizer) authorizer.Authorizer {
	return authorizer.AuthorizerFunc(func(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		decision, reason, err := host.Authorize(ctx, a)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrHostAway, err)
		}
		return decision, reason, err
	})
}

// seesAll asks for all namespaces first: that is one review for all objects, whose
// answer the cache of reviews has for whoever works on many, as controllers do.
func seesAll(ctx context.Context, host authorizer.Authorizer, a authorizer.Attributes) (authorizer.Decision, error) {
	review := toSeeAll(a)
	if everywhere := review; everywhere.Namespace != "" {
		everywhere.Namespace, everywhere.Name = "", ""
		if decision, _, _ := host.Authorize(ctx, everywhere); decision == authorizer.DecisionAllow {
			return decision, nil
		}
	}
	decision, _, err := host.Authorize(ctx, review)
	return decision, err
}

// toSeeAll is the review for seeing an object whoever its owners and members are.
func toSeeAll(a authorizer.Attributes) authorizer.AttributesRecord {
	return authorizer.AttributesRecord{
		User: a.GetUser(), Verb: VerbListAll, Namespace: a.GetNamespace(), Name: a.GetName(),
		APIGroup: a.GetAPIGroup(), APIVersion: a.GetAPIVersion(), Resource: a.GetResource(),
		ResourceRequest: true, Path: a.GetPath(),
	}
}
