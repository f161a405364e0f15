package plugin

import (
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func (s *session) tenantCommand() *cobra.Command {
	return group("tenant", "Make tenants", s.tenantCreateCommand())
}

func (s *session) tenantCreateCommand() *cobra.Command {
	var cluster, plan string
	var owners []string
	var labels map[string]string
	command := &cobra.Command{
		Use:     "create NAME --on CLUSTER",
		Short:   "Make a tenant on a registered cluster",
		Example: "  kubectl kubenova tenant create acme --on dev --owner alice@example.com --plan gold",
		Args:    cobra.ExactArgs(1),
	}
	out, err := newOutput(command, "created")
	command.RunE = func(command *cobra.Command, args []string) error {
		if err != nil {
			return err
		}
		client, err := s.client()
		if err != nil {
			return err
		}
		tenant := &v1alpha1.Tenant{
			ObjectMeta: metav1.ObjectMeta{Name: args[0], Labels: labels},
			Spec:       v1alpha1.TenantSpec{ClusterRef: v1alpha1.LocalReference{Name: cluster}, Plan: plan},
		}
		for _, owner := range owners {
			tenant.Spec.Owners = append(tenant.Spec.Owners, v1alpha1.Subject{Kind: v1alpha1.SubjectUser, Name: owner})
		}
		created, err := client.KubenovaV1alpha1().Tenants().Create(command.Context(), tenant, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		return out.print(created, s.Out)
	}
	command.Flags().StringVar(&cluster, "on", "", "registered cluster that the tenant lives on")
	command.Flags().StringVar(&plan, "plan", "", "plan whose quotas and policy sets the tenant has")
	command.Flags().StringSliceVar(&owners, "owner", nil, "user who owns the tenant; may be given more than once")
	command.Flags().StringToStringVarP(&labels, "labels", "l", nil, "labels of the tenant")
	if required := command.MarkFlagRequired("on"); required != nil {
		panic(required)
	}
	return command
}

func (s *session) projectCommand() *cobra.Command {
	return group("project", "Make projects", s.projectCreateCommand())
}

func (s *session) projectCreateCommand() *cobra.Command {
	var description string
	command := &cobra.Command{
		Use:     "create NAME",
		Short:   "Make a project of a tenant",
		Example: "  kubectl kubenova project create web -t acme",
		Args:    cobra.ExactArgs(1),
	}
	out, err := newOutput(command, "created")
	command.RunE = func(command *cobra.Command, args []string) error {
		if err != nil {
			return err
		}
		namespace, err := s.tenantNamespace()
		if err != nil {
			return err
		}
		client, err := s.client()
		if err != nil {
			return err
		}
		project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: args[0]}, Spec: v1alpha1.ProjectSpec{Description: description}}
		created, err := client.KubenovaV1alpha1().Projects(namespace).Create(command.Context(), project, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		return out.print(created, s.Out)
	}
	command.Flags().StringVar(&description, "description", "", "what the project is for")
	return command
}
