package plugin

import (
	"context"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// tenantCreateOptions are those of the command tenant create.
type tenantCreateOptions struct {
	*session
	output
	waitFlags
	name, cluster, plan string
	owners              []string
	labels              map[string]string
}

func (s *session) tenantCreateCommand() *cobra.Command {
	o := &tenantCreateOptions{session: s}
	command := runs(&cobra.Command{
		Use:               "create NAME --on CLUSTER",
		Short:             "Make a tenant on a registered cluster",
		Example:           "  kubectl kubenova tenant create acme --on dev --owner alice@example.com --owner group:platform --plan gold",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "created")
	o.addOff(command)
	flags := command.Flags()
	flags.StringVar(&o.cluster, "on", "", "registered cluster that the tenant lives on")
	flags.StringVar(&o.plan, "plan", "", "plan whose quotas and policy sets the tenant has")
	flags.StringSliceVar(&o.owners, "owner", nil, "user, group:<name> or service account who owns the tenant; may be given more than once")
	flags.StringToStringVarP(&o.labels, "labels", "l", nil, "labels of the tenant")
	if err := command.MarkFlagRequired("on"); err != nil {
		panic(err)
	}
	completeFlag(command, "on", s.names(clusters()))
	completeFlag(command, "plan", s.names(plans()))
	return command
}

// Complete implements options.
func (o *tenantCreateOptions) Complete(args []string) error {
	o.name = args[0]
	return nil
}

// Validate implements options.
func (o *tenantCreateOptions) Validate() error {
	if err := o.waitFlags.validate(); err != nil {
		return err
	}
	return o.output.validate()
}

// Run implements options.
func (o *tenantCreateOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	tenant := &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: o.name, Labels: o.labels},
		Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: o.cluster}, Plan: o.plan},
	}
	for _, owner := range o.owners {
		kind, name := subject(owner)
		tenant.Spec.Owners = append(tenant.Spec.Owners, v1alpha1.Subject{Kind: kind, Name: name})
	}
	created, err := api.Tenants().Create(ctx, tenant, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if o.wait {
		err = ready(ctx, o.session, o.output, api.Tenants(), created, o.timeout,
			func(t *v1alpha1.Tenant) []metav1.Condition { return t.Status.Conditions })
		if err != nil {
			return err
		}
	}
	return o.print(created, o.Out)
}
