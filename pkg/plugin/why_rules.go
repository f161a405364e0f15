package plugin

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/membership"
)

// ruling is whether someone may do something, and the rules that say so.
type ruling struct {
	who     user.Info
	allowed bool
	rules   []string
}

// decide asks the host cluster, and reads who the owners and members are. The rules
// are those that the server decides by.
func (o *whyOptions) decide(ctx context.Context, clients kubernetes.Interface) (ruling, error) {
	who, err := o.identity(ctx, clients)
	if err != nil {
		return ruling{}, err
	}
	a := o.request(who)
	host, err := o.review(ctx, clients, o.attributes)
	if err != nil {
		return ruling{}, err
	}
	out := ruling{who: who, allowed: host.Allowed, rules: []string{hostRule(who, host)}}
	switch authz.BasisOf(a) {
	case authz.ByNarrowing:
		out.rules = append(out.rules, fmt.Sprintf("every user may ask; the answer holds what %s may see", who.GetName()))
	case authz.ByMembership:
		return o.byMembership(ctx, clients, a, out)
	}
	return out, nil
}

// identity is whom the question is about.
func (o *whyOptions) identity(ctx context.Context, clients kubernetes.Interface) (user.Info, error) {
	if o.subject != "" {
		return &user.DefaultInfo{Name: o.subject, Groups: append([]string{user.AllAuthenticated}, o.groups...)}, nil
	}
	self, err := clients.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return &user.DefaultInfo{Name: self.Status.UserInfo.Username, Groups: self.Status.UserInfo.Groups}, nil
}

func (o *whyOptions) request(who user.Info) authorizer.AttributesRecord {
	a := o.attributes
	return authorizer.AttributesRecord{
		User: who, Verb: a.Verb, Namespace: a.Namespace, APIGroup: a.Group, APIVersion: a.Version,
		Resource: a.Resource, Subresource: a.Subresource, Name: a.Name, ResourceRequest: true,
	}
}

// review asks the host cluster.
func (o *whyOptions) review(ctx context.Context, clients kubernetes.Interface, attributes authorizationv1.ResourceAttributes) (authorizationv1.SubjectAccessReviewStatus, error) {
	reviews := clients.AuthorizationV1()
	if o.subject == "" {
		answer, err := reviews.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &attributes},
		}, metav1.CreateOptions{})
		if err != nil {
			return authorizationv1.SubjectAccessReviewStatus{}, err
		}
		return answer.Status, nil
	}
	groups := append([]string{user.AllAuthenticated}, o.groups...)
	answer, err := reviews.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: &attributes, User: o.subject, Groups: groups},
	}, metav1.CreateOptions{})
	if err != nil {
		return authorizationv1.SubjectAccessReviewStatus{}, err
	}
	return answer.Status, nil
}

func hostRule(who user.Info, answer authorizationv1.SubjectAccessReviewStatus) string {
	switch {
	case answer.Reason != "":
		return "host cluster: " + answer.Reason
	case answer.Allowed:
		return fmt.Sprintf("host cluster: allowed to %s, without a reason (as to %s)", who.GetName(), user.SystemPrivilegedGroup)
	}
	return "host cluster: no rule allows it to " + who.GetName()
}

// byMembership decides what is for owners, for members, and for those who may see all.
func (o *whyOptions) byMembership(ctx context.Context, clients kubernetes.Interface, a authorizer.Attributes, host ruling) (ruling, error) {
	all := authz.SeeingAll(a)
	seesAll, err := o.review(ctx, clients, authorizationv1.ResourceAttributes{
		Verb: all.Verb, Namespace: all.Namespace, Name: all.Name, Group: all.APIGroup, Version: all.APIVersion, Resource: all.Resource,
	})
	if err != nil {
		return ruling{}, err
	}
	if host.allowed && seesAll.Allowed {
		host.rules = append(host.rules, "which counts, since "+host.who.GetName()+" has the verb "+authz.VerbListAll+" on "+all.Resource)
		return host, nil
	}
	index, err := o.index(ctx, a)
	if err != nil {
		return ruling{}, fmt.Errorf("reading who the owners and members are: %w", err)
	}
	access, allowed := authz.MembersMay(index, a)
	out := ruling{who: host.who, allowed: allowed, rules: []string{memberRule(host.who, access, allowed)}}
	if allowed && !host.allowed {
		out.rules = append(out.rules, "natively it takes a RoleBinding on the host cluster too, which the controllers are about to make")
	}
	return out, nil
}

// index knows the owners and members that count for a request.
func (o *whyOptions) index(ctx context.Context, a authorizer.Attributes) (*membership.Index, error) {
	api, err := o.client()
	if err != nil {
		return nil, err
	}
	name := a.GetName()
	if a.GetResource() != tenants().resource {
		name, _, _ = v1alpha1.SplitNamespace(a.GetNamespace())
	}
	index := membership.NewIndex()
	if name == "" {
		return index, nil
	}
	tenant, err := api.Tenants().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	index.Written(tenant)
	options := metav1.ListOptions{Limit: page}
	for {
		list, err := api.Projects(v1alpha1.TenantNamespace(name)).List(ctx, options)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			index.Written(&list.Items[i])
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return index, nil
		}
	}
}

func memberRule(who user.Info, access membership.Access, allowed bool) string {
	is := "is neither an owner of the tenant nor a member of the project"
	switch {
	case access.Owner:
		is = "is an owner of the tenant (spec.owners)"
	case access.Role != "":
		is = fmt.Sprintf("is %s of the project (spec.access)", access.Role)
	case access.Member:
		is = "is a member of a project of the tenant (spec.access)"
	}
	if access.Member && !allowed {
		is += ", which does not allow it"
	}
	return "membership: " + who.GetName() + " " + is
}
