package plugin

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// session is what every command works with.
type session struct {
	genericiooptions.IOStreams
	config          *genericclioptions.ConfigFlags
	tenant, project string
	color           string
}

func (s *session) addFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	s.config.AddFlags(flags)
	flags.StringVarP(&s.tenant, "tenant", "t", "", "tenant to work in (default: that of the context's namespace kn-<tenant>--<project>)")
	flags.StringVarP(&s.project, "project", "p", "", "project to work in (default: that of the context's namespace)")
	flags.StringVar(&s.color, "color", colorAuto, "colours: auto (on terminals, without NO_COLOR), always or never")
	completeFlag(root, "tenant", s.names(tenants()))
	completeFlag(root, "project", s.names(projects()))
	completeFlag(root, "color", fixed(colorAuto, colorAlways, colorNever))
}

func (s *session) restConfig() (*rest.Config, error) {
	config, err := s.config.ToRESTConfig()
	if err != nil {
		return nil, unreadable(err)
	}
	return config, nil
}

func unreadable(err error) error {
	return hinted("Try: kubectl config get-contexts", "reading the kubeconfig: %w", err)
}

func (s *session) client() (client.KubenovaV1alpha1Interface, error) {
	config, err := s.restConfig()
	if err != nil {
		return nil, err
	}
	clients, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return clients.KubenovaV1alpha1(), nil
}

// place returns the tenant and the project to work in: those of the flags, or
// those that the namespace of the context belongs to.
func (s *session) place() (tenant, project string, err error) {
	namespace, _, err := s.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", "", unreadable(err)
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

// tenantNamespace returns the namespace of projects, policy sets and grants.
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

// inProject returns the tenant and the project to work in, both of which are named.
func (s *session) inProject() (tenant, project string, err error) {
	tenant, project, err = s.place()
	switch {
	case err != nil:
		return "", "", err
	case tenant == "":
		return "", "", missing("tenant")
	case project == "":
		return "", "", missing("project")
	}
	return tenant, project, nil
}

// projectNamespace returns the namespace of apps.
func (s *session) projectNamespace() (string, error) {
	tenant, project, err := s.inProject()
	if err != nil {
		return "", err
	}
	return v1alpha1.ProjectNamespace(tenant, project), nil
}

func missing(flag string) error {
	return &hint{
		cause: fmt.Errorf("no %s is named", flag),
		next:  fmt.Sprintf("Give --%s, or set it for the context: kubectl config set-context --current --namespace=kn-<tenant>--<project>", flag),
	}
}
