package cmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/encryption"
	"github.com/kubenova/kubenova/pkg/standalone"
)

func newEncryptionCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "encryption",
		Short: "Change the keys that etcd's data is encrypted with",
		Args:  cobra.NoArgs,
	}
	command.AddCommand(newEncryptionRotateCommand(), newEncryptionRewriteCommand())
	return command
}

func newEncryptionRotateCommand() *cobra.Command {
	options, oneStep := newEncryptionOptions(), false
	command := &cobra.Command{
		Use:   "rotate",
		Short: "Replace the keys by a new one, and rewrite everything with it, while servers run",
		Long: "Adds a new key to the encryption configuration, makes it the one that is written with, rewrites everything in etcd,\n" +
			"and drops the old keys. It waits in between until every server has read the file. Stopped at any point, it goes on\n" +
			"from there when it is run again.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			rotation, closeStore, err := options.rotation(command)
			if err != nil {
				return err
			}
			defer closeStore()
			if !oneStep && len(options.kubeconfigs) == 0 {
				return errors.New("--kubeconfig must be set, once for each server, or --one-step: nobody would know when servers have read the file")
			}
			if !oneStep {
				return rotation.Run(command.Context())
			}
			_, err = rotation.Step(command.Context())
			return err
		},
	}
	options.addFlags(command.Flags())
	command.Flags().BoolVar(&oneStep, "one-step", false,
		"Whether to do the next step alone, for files that have to be brought to servers: a new key, that key first, everything rewritten and the old keys dropped.")
	return command
}

func newEncryptionRewriteCommand() *cobra.Command {
	options := newEncryptionOptions()
	command := &cobra.Command{
		Use:   "rewrite",
		Short: "Rewrite everything in etcd that is not encrypted as the configuration says, such as after a KMS got a new key",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			rotation, closeStore, err := options.rotation(command)
			if err != nil {
				return err
			}
			defer closeStore()
			done, err := rotation.Store.RewriteBy(command.Context(), rotation.File)
			rotation.Told(fmt.Sprintf("rewrote %d of %d values", done.Rewritten, done.Read))
			return err
		},
	}
	options.addFlags(command.Flags())
	return command
}

// encryptionOptions say where the data, its keys and its servers are.
type encryptionOptions struct {
	dataDir, file, prefix string
	endpoints             []string
	tls                   transport.TLSInfo
	kubeconfigs           []string
	settle                time.Duration
}

func newEncryptionOptions() *encryptionOptions {
	return &encryptionOptions{prefix: apiserver.DefaultEtcdPrefix, settle: 5 * time.Second}
}

func (o *encryptionOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.dataDir, "data-dir", o.dataDir, "Data directory of a standalone KubeNova that runs on this machine. It is all that such a one needs.")
	flags.StringVar(&o.file, "encryption-provider-config", o.file, "EncryptionConfiguration file of the servers.")
	flags.StringSliceVar(&o.endpoints, "etcd-servers", o.endpoints, "Addresses of etcd.")
	flags.StringVar(&o.prefix, "etcd-prefix", o.prefix, "What the keys in etcd begin with.")
	flags.StringVar(&o.tls.TrustedCAFile, "etcd-cafile", "", "Certificate authority of etcd.")
	flags.StringVar(&o.tls.CertFile, "etcd-certfile", "", "Client certificate for etcd.")
	flags.StringVar(&o.tls.KeyFile, "etcd-keyfile", "", "Key of the client certificate for etcd.")
	flags.StringArrayVar(&o.kubeconfigs, "kubeconfig", o.kubeconfigs, "Kubeconfig of an administrator that leads to one server itself, whose /metrics tell when it has read the file. One for each replica.")
	flags.DurationVar(&o.settle, "settle", o.settle, "For how long a server that has read the file may still be writing with what it had before.")
}

// complete fills in what a data directory says.
func (o *encryptionOptions) complete() error {
	if o.dataDir != "" {
		if o.file != "" || len(o.endpoints) > 0 || len(o.kubeconfigs) > 0 {
			return errors.New("--data-dir goes without --encryption-provider-config, --etcd-servers and --kubeconfig")
		}
		dir, err := filepath.Abs(o.dataDir)
		if err != nil {
			return fmt.Errorf("finding the data directory: %w", err)
		}
		var kubeconfig, endpoint string
		o.file, endpoint, kubeconfig = standalone.Places(dir)
		o.endpoints, o.kubeconfigs = []string{endpoint}, []string{kubeconfig}
	}
	if o.file == "" || len(o.endpoints) == 0 {
		return errors.New("--data-dir, or --encryption-provider-config and --etcd-servers, must be set")
	}
	return nil
}

func (o *encryptionOptions) rotation(command *cobra.Command) (*encryption.Rotation, func(), error) {
	if err := o.complete(); err != nil {
		return nil, nil, err
	}
	known, err := o.known()
	if err != nil {
		return nil, nil, err
	}
	client, err := o.etcd(command.Context())
	if err != nil {
		return nil, nil, err
	}
	return &encryption.Rotation{
		File: o.file, Store: encryption.Store{Client: client, Prefix: o.prefix}, Known: known, Pause: o.settle,
		Told: func(what string) { command.Println(what) },
	}, func() { _ = client.Close() }, nil // everything has been answered
}

func (o *encryptionOptions) known() (func(context.Context, []byte) error, error) {
	servers := make([]*rest.Config, 0, len(o.kubeconfigs))
	for _, path := range o.kubeconfigs {
		config, err := clientcmd.BuildConfigFromFlags("", path)
		if err != nil {
			return nil, fmt.Errorf("reading the kubeconfig %s: %w", path, err)
		}
		servers = append(servers, config)
	}
	return encryption.KnownTo(servers)
}

func (o *encryptionOptions) etcd(ctx context.Context) (*clientv3.Client, error) {
	config := clientv3.Config{Context: ctx, Endpoints: o.endpoints, DialTimeout: 10 * time.Second}
	if !o.tls.Empty() || o.tls.TrustedCAFile != "" {
		tls, err := o.tls.ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("reading the certificates for etcd: %w", err)
		}
		config.TLS = tls
	}
	client, err := clientv3.New(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd: %w", err)
	}
	return client, nil
}
