package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// planApplyOptions are those of the command plan apply.
type planApplyOptions struct {
	*session
	output
	plan     string
	tenants  []string
	selector string
	yes      bool
	dryRun   bool
}

func (s *session) planApplyCommand() *cobra.Command {
	o := &planApplyOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "apply PLAN TENANT...",
		Short: "Give tenants a plan, after showing what that changes",
		Long: `Give tenants a plan. The server is first asked what would change, for all of the
tenants; what it refuses is refused here, before anything is done. Then the
changes of quotas and policy sets are shown, and confirmed. Amounts that a tenant
has set itself for what the plan bounds go, so that the plan holds. Policy sets
take effect with the next deploy of each app. "" takes the plan away.`,
		Example: `  kubectl kubenova plan apply gold acme
  kubectl kubenova plan apply gold --selector tier=gold --dry-run`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(command *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return s.names(plans())(command, args, word)
			}
			return s.names(tenants())(command, args[1:], word)
		},
	}, o)
	o.output = newOutput(command, "plan applied")
	command.Flags().StringVarP(&o.selector, "selector", "l", "", "labels of the tenants, in place of their names")
	command.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	command.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would change, and change nothing")
	return command
}

// Complete implements options.
func (o *planApplyOptions) Complete(args []string) error {
	o.plan, o.tenants = args[0], args[1:]
	return nil
}

// Validate implements options.
func (o *planApplyOptions) Validate() error {
	if (len(o.tenants) == 0) == (o.selector == "") {
		return fmt.Errorf("name either tenants or a --selector")
	}
	return o.validate()
}

// Run implements options.
func (o *planApplyOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	plan := &v1alpha1.Plan{}
	if o.plan != "" {
		if plan, err = api.Plans().Get(ctx, o.plan, metav1.GetOptions{}); err != nil {
			return err
		}
	}
	found, err := o.find(ctx, api)
	if err != nil {
		return err
	}
	previews, err := o.preview(ctx, api, plan, found)
	if err != nil {
		return err
	}
	changes, err := o.show(previews)
	if err != nil || changes == 0 || o.dryRun {
		return err
	}
	if !o.yes {
		if err := o.confirm(fmt.Sprintf("Give %s to these tenants (%d)?", planName(o.plan), changes)); err != nil {
			return err
		}
	}
	return o.apply(ctx, api, plan, previews)
}

// find returns the tenants that are named or selected.
func (o *planApplyOptions) find(ctx context.Context, api client.KubenovaV1alpha1Interface) (out []v1alpha1.Tenant, err error) {
	for _, name := range o.tenants {
		tenant, err := api.Tenants().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		out = append(out, *tenant)
	}
	if o.selector == "" {
		return out, nil
	}
	options := metav1.ListOptions{LabelSelector: o.selector, Limit: page}
	for {
		list, err := api.Tenants().List(ctx, options)
		if err != nil {
			return nil, err
		}
		out = append(out, list.Items...)
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	if len(out) == 0 {
		return nil, hinted("Try: kubectl kubenova tenant list", "no tenant has the labels %s", o.selector)
	}
	return out, nil
}

// apply gives the plan to each tenant that it changes something for.
func (o *planApplyOptions) apply(ctx context.Context, api client.KubenovaV1alpha1Interface, plan *v1alpha1.Plan, previews []preview) error {
	done := 0
	for _, p := range previews {
		if !p.changes() {
			continue
		}
		updated, err := give(ctx, api, plan, p.before.Name, metav1.UpdateOptions{})
		if err != nil {
			return fmt.Errorf("giving tenant %s the plan, after %d tenants have got it: %w", p.before.Name, done, err)
		}
		done++
		if err := o.print(updated, o.Out); err != nil {
			return err
		}
	}
	return nil
}

// give gives a tenant a plan, or does as if.
func give(ctx context.Context, api client.KubenovaV1alpha1Interface, plan *v1alpha1.Plan, name string, options metav1.UpdateOptions) (updated *v1alpha1.Tenant, err error) {
	err = retry.RetryOnConflict(retry.DefaultRetry, func() error {
		tenant, err := api.Tenants().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		tenant.Spec.Plan = plan.Name
		tenant.Spec.Quotas = plan.Unbounded(tenant.Spec.Quotas)
		updated, err = api.Tenants().Update(ctx, tenant, options)
		return err
	})
	return updated, err
}

func planName(name string) string {
	if name == "" {
		return "no plan"
	}
	return "the plan " + name
}
