package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func (s *session) whyCommand() *cobra.Command {
	var as string
	var groups []string
	command := &cobra.Command{
		Use:   "why VERB RESOURCE[/SUBRESOURCE] [NAME]",
		Short: "Say whether someone may do something, and by which rule",
		Example: `  kubectl kubenova why create apps/deploy hello -t acme -p web
  kubectl kubenova why delete projects web -t acme --subject dev@example.com`,
		Args: cobra.RangeArgs(2, 3),
		RunE: func(command *cobra.Command, args []string) error {
			attributes, err := s.attributes(args)
			if err != nil {
				return err
			}
			status, err := s.review(command.Context(), attributes, as, groups)
			if err != nil {
				return err
			}
			return s.sayWhy(attributes, status)
		},
	}
	command.Flags().StringVar(&as, "subject", "", "user to ask for (default: yourself); needs the right to make SubjectAccessReviews")
	command.Flags().StringSliceVar(&groups, "subject-group", nil, "group of that user; may be given more than once")
	return command
}

// attributes are what is asked about, in the namespace where such objects live.
func (s *session) attributes(args []string) (*authorizationv1.ResourceAttributes, error) {
	resource, subresource := split(args[1])
	out := &authorizationv1.ResourceAttributes{
		Verb: args[0], Group: v1alpha1.GroupName, Version: v1alpha1.SchemeGroupVersion.Version,
		Resource: resource, Subresource: subresource,
	}
	if len(args) > 2 {
		out.Name = args[2]
	}
	var err error
	switch resource {
	case "projects", "policysets", "accessgrants":
		out.Namespace, err = s.tenantNamespace()
	case "apps", "apprevisions":
		out.Namespace, err = s.projectNamespace()
	}
	return out, err
}

func (s *session) review(ctx context.Context, attributes *authorizationv1.ResourceAttributes, as string, groups []string) (*authorizationv1.SubjectAccessReviewStatus, error) {
	config, err := s.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	reviews := clients.AuthorizationV1()
	if as == "" {
		answer, err := reviews.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes},
		}, metav1.CreateOptions{})
		if err != nil {
			return nil, err
		}
		return &answer.Status, nil
	}
	answer, err := reviews.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: attributes, User: as, Groups: groups},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	return &answer.Status, nil
}

func (s *session) sayWhy(a *authorizationv1.ResourceAttributes, status *authorizationv1.SubjectAccessReviewStatus) error {
	answer := "no"
	if status.Allowed {
		answer = "yes"
	}
	reason := status.Reason
	if reason == "" {
		reason = "no rule allows it"
	}
	what := a.Verb + " " + a.Resource
	if a.Subresource != "" {
		what += "/" + a.Subresource
	}
	if a.Namespace != "" {
		what += " in " + a.Namespace
	}
	_, err := fmt.Fprintf(s.Out, "%s: %s\n  %s\n", what, answer, reason)
	return err
}
