package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/access"
	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/controllers"
	"github.com/kubenova/kubenova/pkg/oidc"
	"github.com/kubenova/kubenova/pkg/signingkeys"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/traces/otlp"
)

func newStandaloneCommand() *cobra.Command {
	options, charts := standalone.NewOptions(), bootstrap.NewOptions()
	var catalogDir, tracingFile string
	var usageInterval time.Duration
	// Loopback as well: a cluster on this machine, such as one made by kind, is there.
	allowed := []string{"0.0.0.0/0", "::/0", "127.0.0.0/8", "::1/128"}
	command := &cobra.Command{
		Use:   "standalone",
		Short: "Run etcd, the API server and the controllers in one process",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			prefixes, err := connections.ParsePrefixes(allowed)
			if err != nil {
				return err
			}
			if err := errors.Join(append(charts.Validate(), checkCatalogDir(catalogDir), checkUsageInterval(usageInterval))...); err != nil {
				return err
			}
			options.AllowTargetCIDRs = prefixes
			if err := options.Proxy.Complete(); err != nil {
				return err
			}
			if options.Tracer, err = otlp.New(tracingFile, "kubenova"); err != nil {
				return err
			}
			options.RunControllers = func(ctx context.Context, config *rest.Config) error {
				return controllers.Run(ctx, controllers.Options{
					Config: config, AllowTargetCIDRs: prefixes, Bootstrap: charts, CatalogDir: catalogDir, UsageInterval: usageInterval,
					Metrics: options.Metrics, Tracer: options.Tracer,
				})
			}
			options.MoreMetrics = []prometheus.Gatherer{controllers.Gatherer()}
			kubenova, err := standalone.Start(command.Context(), options)
			if err != nil {
				return err
			}
			klog.InfoS("KubeNova is starting", "rest", kubenova.HTTPURL()+"/api/v1", "auth", options.Auth,
				"native", kubenova.SecureURL(), "kubeconfig", kubenova.AdminKubeconfig())
			return kubenova.Run(command.Context())
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.DataDir, "data-dir", options.DataDir, "Directory of etcd's data, keys, certificates and the admin kubeconfig.")
	flags.StringVar(&options.HTTPAddress, "http-address", options.HTTPAddress, "Loopback HOST:PORT that serves the REST API on plain HTTP.")
	flags.StringVar(&options.BindAddress, "bind-address", options.BindAddress, "IP address of the HTTPS listener.")
	flags.IntVar(&options.SecurePort, "secure-port", options.SecurePort, "Port of the HTTPS listener; 0 takes a free one.")
	flags.StringVar((*string)(&options.Auth), "auth", string(options.Auth),
		"Whether callers of the HTTP listener must authenticate: on, or off to make every one of them an administrator.")
	signingkeys.AddFlags(flags, &options.TokenKeyPeriod)
	oidc.AddFlags(flags, &options.AuthenticationConfig)
	options.Quota.AddFlags(flags)
	connections.AddAllowTargetCIDR(flags, &allowed)
	options.Proxy = access.NewProxy()
	options.Proxy.AddFlags(flags)
	addCatalogDir(flags, &catalogDir)
	addUsageInterval(flags, &usageInterval)
	otlp.AddFlag(flags, &tracingFile)
	charts.AddFlags(flags)
	return command
}
