package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// registerOptions are those of the command cluster register.
type registerOptions struct {
	*session
	output
	name, file, target string
	labels             map[string]string
	kubeconfig         []byte
}

func (s *session) clusterRegisterCommand() *cobra.Command {
	o := &registerOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "register NAME",
		Short: "Register a cluster by a kubeconfig, which is cut down to one context first",
		Example: `  kubectl kubenova cluster register dev --target-kubeconfig ~/.kube/config --target-context kind-dev
  kubectl kubenova cluster register dev --labels env=dev`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "registered")
	command.Flags().StringVar(&o.file, "target-kubeconfig", "", "kubeconfig of the cluster to register (default: the usual one)")
	command.Flags().StringVar(&o.target, "target-context", "", "context in it (default: its current one)")
	command.Flags().StringToStringVarP(&o.labels, "labels", "l", nil, "labels of the cluster")
	completeFlag(command, "target-context", o.contexts)
	return command
}

// Complete implements options.
func (o *registerOptions) Complete(args []string) error {
	o.name = args[0]
	minified, warnings, err := minify(o.file, o.target)
	for _, warning := range warnings {
		fmt.Fprintf(o.ErrOut, "warning: %s\n", warning)
	}
	o.kubeconfig = minified
	return err
}

// Validate implements options.
func (o *registerOptions) Validate() error { return o.validate() }

// Run implements options.
func (o *registerOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	created, err := register(ctx, api, &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: o.name, Labels: o.labels}}, o.kubeconfig)
	if err != nil {
		return err
	}
	if err := o.print(created, o.Out); err != nil || !o.forPeople() {
		return err
	}
	fmt.Fprintf(o.Out, "Next: kubectl kubenova cluster bootstrap %s tenancy app-delivery\n", o.name)
	return nil
}

// register makes the cluster and stores its credentials. A cluster whose
// credentials are refused is taken back.
func register(ctx context.Context, api client.KubenovaV1alpha1Interface, cluster *v1alpha1.Cluster, kubeconfig []byte) (*v1alpha1.Cluster, error) {
	created, err := api.Clusters().Create(ctx, cluster, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("registering the cluster: %w", err)
	}
	body := &v1alpha1.ClusterKubeconfig{Spec: v1alpha1.ClusterKubeconfigSpec{Kubeconfig: kubeconfig}}
	if _, err := api.Clusters().CreateKubeconfig(ctx, cluster.Name, body, metav1.CreateOptions{}); err != nil {
		err = fmt.Errorf("storing the credentials: %w", err)
		undo := api.Clusters().Delete(context.WithoutCancel(ctx), cluster.Name, *metav1.NewPreconditionDeleteOptions(string(created.UID)))
		return nil, errors.Join(err, undo)
	}
	return created, nil
}
