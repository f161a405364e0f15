// Package plugin holds the commands of kubectl kubenova. They are clients of the
// native API and say what to do next when something is refused.
package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/component-base/version"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

// session is what every command works with.
type session struct {
	genericiooptions.IOStreams
	config          *genericclioptions.ConfigFlags
	tenant, project string
}

// NewCommand returns kubectl kubenova with all of its subcommands.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command {
	s := &session{IOStreams: streams, config: genericclioptions.NewConfigFlags(true)}
	root := &cobra.Command{
		Use:           "kubectl-kubenova",
		Short:         "Work with the clusters, tenants, projects and apps of KubeNova",
		Version:       version.Get().GitVersion,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl kubenova"},
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	s.config.AddFlags(root.PersistentFlags())
	root.PersistentFlags().StringVarP(&s.tenant, "tenant", "t", "", "tenant to work in (default: that of the context's namespace kn-<tenant>--<project>)")
	root.PersistentFlags().StringVarP(&s.project, "project", "p", "", "project to work in (default: that of the context's namespace)")
	root.AddCommand(
		s.clusterCommand(),
		s.tenantCommand(),
		s.projectCommand(),
		s.accessCommand(),
		s.appCommand(),
		s.whyCommand(),
	)
	return root
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	out := &cobra.Command{Use: use, Short: short}
	out.AddCommand(commands...)
	return out
}

func (s *session) client() (versioned.Interface, error) {
	config, err := s.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return client, nil
}

// place returns the tenant and the project to work in: those of the flags, or
// those that the namespace of the context belongs to.
func (s *session) place() (tenant, project string, err error) {
	namespace, _, err := s.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	tenant, project, _ = v1alpha1.SplitNamespace(namespace)
	if s.tenant != "" {
		if s.tenant != tenant {
			project = ""
		}
		tenant = s.tenant
	}
	if s.project != "" {
		project = s.project
	}
	return tenant, project, nil
}

// tenantNamespace returns the namespace of projects and policy sets.
func (s *session) tenantNamespace() (string, error) {
	tenant, _, err := s.place()
	if err != nil {
		return "", err
	}
	if tenant == "" {
		return "", missing("tenant")
	}
	return v1alpha1.TenantNamespace(tenant), nil
}

// projectNamespace returns the namespace of apps.
func (s *session) projectNamespace() (string, error) {
	tenant, project, err := s.place()
	switch {
	case err != nil:
		return "", err
	case tenant == "":
		return "", missing("tenant")
	case project == "":
		return "", missing("project")
	}
	return v1alpha1.ProjectNamespace(tenant, project), nil
}

func missing(flag string) error {
	return &hint{
		cause: fmt.Errorf("no %s is named", flag),
		next:  fmt.Sprintf("Give --%s, or set it for the context: kubectl config set-context --current --namespace=kn-<tenant>--<project>", flag),
	}
}
