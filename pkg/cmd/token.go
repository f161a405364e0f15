package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned"
	clientv1alpha1 "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

func newTokenCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "token",
		Short: "Issue and revoke tokens, such as the first one of an installation",
		Args:  cobra.NoArgs,
	}
	command.AddCommand(newTokenCreateCommand(), newTokenRevokeCommand())
	return command
}

func newTokenCreateCommand() *cobra.Command {
	var kubeconfig string
	var spec v1alpha1.TokenSpec
	ttl := v1alpha1.DefaultTokenTTLSeconds * time.Second
	command := &cobra.Command{
		Use:   "create SUBJECT",
		Short: "Print a token for a subject",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			api, err := clientOf(kubeconfig)
			if err != nil {
				return err
			}
			seconds := int64(ttl / time.Second)
			spec.Subject, spec.TTLSeconds = args[0], &seconds
			return createToken(command.Context(), api, spec, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	addKubeconfig(flags, &kubeconfig)
	flags.StringSliceVar(&spec.Roles, "role", []string{"admin"}, "Roles of the token: admin, ops, tenantOwner, projectDev, readOnly.")
	flags.DurationVar(&ttl, "ttl", ttl, "How long the token is good for, from 1m to 720h.")
	return command
}

func createToken(ctx context.Context, api clientv1alpha1.KubenovaV1alpha1Interface, spec v1alpha1.TokenSpec, out io.Writer) error {
	issued, err := api.Tokens().Create(ctx, &v1alpha1.Token{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("issuing a token for %q: %w", spec.Subject, err)
	}
	_, err = fmt.Fprintln(out, issued.Status.Token)
	return err
}

func newTokenRevokeCommand() *cobra.Command {
	var kubeconfig string
	var spec v1alpha1.TokenRevocationSpec
	command := &cobra.Command{
		Use:   "revoke",
		Short: "End tokens before they expire: one by its id, those of a subject, or all",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if spec.TokenID == "" && spec.Subject == "" && !spec.All {
				return errors.New("one of --id, --subject and --all must be set")
			}
			api, err := clientOf(kubeconfig)
			if err != nil {
				return err
			}
			return revokeTokens(command.Context(), api, spec, command.OutOrStdout())
		},
	}
	flags := command.Flags()
	addKubeconfig(flags, &kubeconfig)
	flags.StringVar(&spec.TokenID, "id", "", "Id (jti) of the token.")
	flags.StringVar(&spec.Subject, "subject", "", "Subject whose tokens end, as far as they have been issued by now.")
	flags.BoolVar(&spec.All, "all", false, "End every token that has been issued by now, and the keys that signed them.")
	flags.StringVar(&spec.Reason, "reason", "", "Why, for people.")
	command.MarkFlagsMutuallyExclusive("id", "subject", "all")
	return command
}

func revokeTokens(ctx context.Context, api clientv1alpha1.KubenovaV1alpha1Interface, spec v1alpha1.TokenRevocationSpec, out io.Writer) error {
	made, err := api.TokenRevocations().Create(ctx, &v1alpha1.TokenRevocation{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "revoked-"}, Spec: spec,
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("revoking tokens: %w", err)
	}
	_, err = fmt.Fprintf(out, "tokenrevocation.kubenova.io/%s created\n", made.Name)
	return err
}

func addKubeconfig(flags *pflag.FlagSet, path *string) {
	flags.StringVar(path, "kubeconfig", "", "Kubeconfig of an administrator: that of the host cluster, or admin.kubeconfig in the data directory. "+
		"If empty, what kubectl would use.")
}

// clientOf returns a client of the native API.
func clientOf(kubeconfig string) (clientv1alpha1.KubenovaV1alpha1Interface, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("building a client: %w", err)
	}
	return client.KubenovaV1alpha1(), nil
}
