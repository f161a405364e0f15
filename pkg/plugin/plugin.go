// Package plugin holds the commands of kubectl kubenova. They are clients of the
// native API and say what to do next when something is refused.
package plugin

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/component-base/version"
)

// NewCommand returns kubectl kubenova with all of its subcommands.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command {
	s := &session{IOStreams: streams, config: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:               "kubectl-kubenova",
		Short:             "Work with the clusters, tenants, projects and apps of KubeNova",
		Version:           version.Get().GitVersion,
		SilenceUsage:      true,
		SilenceErrors:     true,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl kubenova"},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	s.addFlags(root)
	root.AddCommand(commands(s)...)
	return root
}

// commands lists every command.
func commands(s *session) []*cobra.Command {
	return []*cobra.Command{
		group("cluster", "Register clusters and install what they need",
			s.listCommand(clusters()), s.clusterRegisterCommand(), s.clusterBootstrapCommand()),
		group("tenant", "Make tenants and look at them",
			s.listCommand(tenants()), s.tenantCreateCommand(), s.deleteCommand(tenants())),
		group("project", "Make projects and look at them",
			s.listCommand(projects()), s.projectCreateCommand(), s.deleteCommand(projects())),
		group("access", "Say who may work in a project",
			s.accessListCommand(), s.accessGrantCommand(), s.accessRevokeCommand()),
		group("app", "Deploy apps and look after them",
			s.listCommand(apps()), s.appDeployCommand(), s.appStatusCommand(), s.appLogsCommand(),
			s.appDiffCommand(), s.appHistoryCommand(), s.appRollbackCommand(),
			s.appActionCommand("suspend", "Stop every pod of an app until it is resumed", suspend),
			s.appActionCommand("resume", "Let a suspended app run again", resume)),
		group("plan", "Give tenants a plan",
			s.listCommand(plans()), s.planApplyCommand()),
		group("kubeconfig", "Get access to a tenant's cluster",
			s.kubeconfigIssueCommand(), s.listCommand(grants()), s.deleteCommand(grants())),
		s.usageCommand(),
		s.whyCommand(),
		s.completionCommand(),
	}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	out := &cobra.Command{Use: use, Short: short}
	out.AddCommand(commands...)
	return out
}
