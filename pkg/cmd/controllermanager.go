package cmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/bootstrap"
	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/controllers"
	"github.com/kubenova/kubenova/pkg/metrics"
	"github.com/kubenova/kubenova/pkg/traces/otlp"
)

func newControllerManagerCommand() *cobra.Command {
	charts := bootstrap.NewOptions()
	options := controllers.Options{
		HostNamespaces: true, LeaderElection: true, LeaderElectionNamespace: "kubenova-system", Bootstrap: charts, Metrics: metrics.New(),
	}
	var kubeconfig, tracingFile string
	allowed := connections.NotLoopback()
	command := &cobra.Command{
		Use:   "controller-manager",
		Short: "Run the controllers that carry tenants, projects and apps to their clusters",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return fmt.Errorf("reading the kubeconfig of the host cluster: %w", err)
			}
			if err := errors.Join(append(charts.Validate(), checkCatalogDir(options.CatalogDir), checkUsageInterval(options.UsageInterval))...); err != nil {
				return err
			}
			options.Config = config
			if options.AllowTargetCIDRs, err = connections.ParsePrefixes(allowed); err != nil {
				return err
			}
			tracer, err := otlp.New(tracingFile, "kubenova-controller-manager")
			if err != nil {
				return err
			}
			if tracer == nil {
				return controllers.Run(command.Context(), options)
			}
			options.Tracer = tracer
			defer func() {
				if err := tracer.Shutdown(context.WithoutCancel(command.Context())); err != nil {
					klog.ErrorS(err, "The last traces are lost")
				}
			}()
			return controllers.Run(command.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&kubeconfig, "kubeconfig", kubeconfig, "Kubeconfig of the host cluster. If empty, that of the pod.")
	flags.BoolVar(&options.LeaderElection, "leader-elect", options.LeaderElection, "Whether one of several replicas is elected to work.")
	flags.StringVar(&options.LeaderElectionNamespace, "leader-elect-namespace", options.LeaderElectionNamespace, "Namespace of the lease.")
	flags.StringVar(&options.HealthAddress, "health-address", options.HealthAddress, "HOST:PORT of healthz and readyz. If empty, there are none.")
	flags.StringVar(&options.MetricsAddress, "metrics-address", options.MetricsAddress,
		"HOST:PORT that serves metrics, without authentication. If empty, there are none.")
	flags.StringVar(&options.ProfilingAddress, "profiling-address", options.ProfilingAddress, "HOST:PORT of /debug/pprof, without authentication. If empty, there is none.")
	connections.AddAllowTargetCIDR(flags, &allowed)
	otlp.AddFlag(flags, &tracingFile)
	addCatalogDir(flags, &options.CatalogDir)
	addUsageInterval(flags, &options.UsageInterval)
	charts.AddFlags(flags)
	return command
}
