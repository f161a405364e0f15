package plugin

import (
	"context"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// projectCreateOptions are those of the command project create.
type projectCreateOptions struct {
	*session
	output
	waitFlags
	name, namespace, description string
}

func (s *session) projectCreateCommand() *cobra.Command {
	o := &projectCreateOptions{session: s}
	command := runs(&cobra.Command{
		Use:               "create NAME",
		Short:             "Make a project of a tenant",
		Example:           "  kubectl kubenova project create web -t acme",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "created")
	o.addOff(command)
	command.Flags().StringVar(&o.description, "description", "", "what the project is for")
	return command
}

// Complete implements options.
func (o *projectCreateOptions) Complete(args []string) (err error) {
	o.name = args[0]
	o.namespace, err = o.tenantNamespace()
	return err
}

// Validate implements options.
func (o *projectCreateOptions) Validate() error {
	if err := o.waitFlags.validate(); err != nil {
		return err
	}
	return o.output.validate()
}

// Run implements options.
func (o *projectCreateOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: o.name}, Spec: v1alpha1.ProjectSpec{Description: o.description}}
	created, err := api.Projects(o.namespace).Create(ctx, project, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if o.wait {
		err = ready(ctx, o.session, o.output, api.Projects(o.namespace), created, o.timeout,
			func(p *v1alpha1.Project) []metav1.Condition { return p.Status.Conditions })
		if err != nil {
			return err
		}
	}
	return o.print(created, o.Out)
}
