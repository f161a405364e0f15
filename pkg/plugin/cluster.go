package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
)

func (s *session) clusterCommand() *cobra.Command {
	return group("cluster", "Register clusters and install what they need",
		s.clusterRegisterCommand(), s.clusterBootstrapCommand())
}

func (s *session) clusterRegisterCommand() *cobra.Command {
	var file, target string
	var labels map[string]string
	command := &cobra.Command{
		Use:   "register NAME",
		Short: "Register a cluster by a kubeconfig, which is cut down to one context first",
		Example: `  kubectl kubenova cluster register dev --target-kubeconfig ~/.kube/config --target-context kind-dev
  kubectl kubenova cluster register dev --labels env=dev`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			kubeconfig, err := minified(file, target)
			if err != nil {
				return err
			}
			client, err := s.client()
			if err != nil {
				return err
			}
			if err := register(command.Context(), client, args[0], labels, kubeconfig); err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "cluster.kubenova.io/%s registered\nNext: kubectl kubenova cluster bootstrap %s tenancy\n", args[0], args[0])
			return nil
		},
	}
	command.Flags().StringVar(&file, "target-kubeconfig", "", "kubeconfig of the cluster to register (default: the usual one)")
	command.Flags().StringVar(&target, "target-context", "", "context in it (default: its current one)")
	command.Flags().StringToStringVarP(&labels, "labels", "l", nil, "labels of the cluster")
	return command
}

// minified reads one context of a kubeconfig with everything inline. What cannot
// leave this machine is refused here, before it is sent.
func minified(file, target string) ([]byte, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = file
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).RawConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if target != "" {
		config.CurrentContext = target
	}
	if err := clientcmdapi.MinifyConfig(&config); err != nil {
		return nil, &hint{fmt.Errorf("choosing the context: %w", err), "Try: kubectl config get-contexts"}
	}
	if err := clientcmdapi.FlattenConfig(&config); err != nil {
		return nil, fmt.Errorf("reading the files that the kubeconfig names: %w", err)
	}
	for name, user := range config.AuthInfos {
		if user.Exec != nil || user.AuthProvider != nil {
			return nil, &hint{
				fmt.Errorf("user %q gets its credentials from a plugin, which KubeNova does not run", name),
				"Make a service account on the cluster and register its token: kubectl create token <account> -n <namespace> --duration=8760h",
			}
		}
	}
	return clientcmd.Write(config)
}

// register makes the cluster and stores its credentials. A cluster whose
// credentials are refused is taken back.
func register(ctx context.Context, client versioned.Interface, name string, labels map[string]string, kubeconfig []byte) error {
	clusters := client.KubenovaV1alpha1().Clusters()
	created, err := clusters.Create(ctx, &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("registering the cluster: %w", err)
	}
	body := &v1alpha1.ClusterKubeconfig{Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: kubeconfig}}
	if _, err := clusters.CreateKubeconfig(ctx, name, body, metav1.CreateOptions{}); err != nil {
		err = fmt.Errorf("storing the credentials: %w", err)
		undo := clusters.Delete(context.WithoutCancel(ctx), name, *metav1.NewPreconditionDeleteOptions(string(created.UID)))
		return errors.Join(err, undo)
	}
	return nil
}

func (s *session) clusterBootstrapCommand() *cobra.Command {
	var wait waitFlags
	command := &cobra.Command{
		Use:     "bootstrap NAME tenancy|proxy|app-delivery",
		Short:   "Install or repair a component on a cluster, and show how it goes",
		Example: "  kubectl kubenova cluster bootstrap dev tenancy",
		Args:    cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, args []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			clusters := client.KubenovaV1alpha1().Clusters()
			component := v1alpha1.ComponentName(args[1])
			body := &v1alpha1.ClusterBootstrap{Spec: v1alpha1.ClusterBootstrapSpec{Component: component}}
			if _, err := clusters.CreateBootstrap(command.Context(), args[0], body, metav1.CreateOptions{}); err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "cluster.kubenova.io/%s: %s requested\n", args[0], component)
			if !wait.wait {
				return nil
			}
			return s.followBootstrap(command.Context(), clusters, args[0], component, wait)
		},
	}
	wait.add(command, true)
	return command
}
