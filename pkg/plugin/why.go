package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// whyOptions are those of the command why.
type whyOptions struct {
	*session
	output
	subject    string
	groups     []string
	attributes authorizationv1.ResourceAttributes
}

func (s *session) whyCommand() *cobra.Command {
	o := &whyOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "why VERB RESOURCE[/SUBRESOURCE] [NAME]",
		Short: "Say whether someone may do something, and by which rule",
		Example: `  kubectl kubenova why create apps/deploy hello -t acme -p web
  kubectl kubenova why delete projects web -t acme --subject dev@example.com`,
		Args:              cobra.RangeArgs(2, 3),
		ValidArgsFunction: completeWhy,
	}, o)
	o.output = newOutput(command, "")
	command.Flags().StringVar(&o.subject, "subject", "", "user to ask for (default: yourself); needs the right to make SubjectAccessReviews")
	command.Flags().StringSliceVar(&o.groups, "subject-group", nil, "group of that user; may be given more than once")
	return command
}

func completeWhy(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := [][]string{
		{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "listall"},
		{
			"clusters", "clusters/bootstrap", "clusters/kubeconfig", "clusters/proxy", "tenants", "tenants/usage", "tenants/kubeconfig",
			"projects", "projects/usage", "projects/kubeconfig", "policysets", "accessgrants", "apps", "apps/deploy", "apps/rollback",
			"apps/suspend", "apps/resume", "apps/image", "apps/workflow", "apps/logs", "apprevisions", "plans",
		},
	}
	if len(args) >= len(words) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return words[len(args)], cobra.ShellCompDirectiveNoFileComp
}

// Complete implements options.
func (o *whyOptions) Complete(args []string) (err error) {
	resource, subresource, _ := strings.Cut(args[1], "/")
	o.attributes = authorizationv1.ResourceAttributes{
		Verb: args[0], Group: v1alpha1.GroupName, Version: v1alpha1.SchemeGroupVersion.Version,
		Resource: resource, Subresource: subresource,
	}
	if len(args) > 2 {
		o.attributes.Name = args[2]
	}
	switch resource {
	case "projects", "policysets", "accessgrants":
		o.attributes.Namespace, err = o.tenantNamespace()
	case "apps", "apprevisions":
		o.attributes.Namespace, err = o.projectNamespace()
	}
	return err
}

// Validate implements options.
func (o *whyOptions) Validate() error {
	if o.subject == "" && len(o.groups) > 0 {
		return fmt.Errorf("--subject-group goes only with --subject")
	}
	return o.validate()
}

// Run implements options.
func (o *whyOptions) Run(ctx context.Context) error {
	config, err := o.restConfig()
	if err != nil {
		return err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	answer, err := o.decide(ctx, clients)
	if isUnknownAPI(err) {
		return hinted("It has no roles but those of tenants and projects. Try: kubectl kubenova access list", "this server answers no reviews: %w", err)
	}
	if err != nil {
		return err
	}
	if o.forPeople() {
		return o.say(answer)
	}
	return o.print(&authorizationv1.SubjectAccessReview{
		Spec:   authorizationv1.SubjectAccessReviewSpec{ResourceAttributes: &o.attributes, User: answer.who.GetName(), Groups: answer.who.GetGroups()},
		Status: authorizationv1.SubjectAccessReviewStatus{Allowed: answer.allowed, Reason: strings.Join(answer.rules, "; ")},
	}, o.Out)
}

func (o *whyOptions) say(answer ruling) error {
	colours, err := o.colours(o.Out)
	if err != nil {
		return err
	}
	word := paint(colours, red, "no")
	if answer.allowed {
		word = paint(colours, green, "yes")
	}
	what := o.attributes.Verb + " " + o.attributes.Resource
	if o.attributes.Subresource != "" {
		what += "/" + o.attributes.Subresource
	}
	if o.attributes.Namespace != "" {
		what += " in " + o.attributes.Namespace
	}
	fmt.Fprintf(o.Out, "%s: %s\n", what, word)
	for _, rule := range answer.rules {
		fmt.Fprintf(o.Out, "  %s\n", rule)
	}
	return nil
}
