package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// bootstrapOptions are those of the command cluster bootstrap.
type bootstrapOptions struct {
	*session
	output
	waitFlags
	name       string
	components []string
}

func componentNames() []string {
	return []string{string(v1alpha1.ComponentTenancy), string(v1alpha1.ComponentProxy), string(v1alpha1.ComponentAppDelivery)}
}

func (s *session) clusterBootstrapCommand() *cobra.Command {
	o := &bootstrapOptions{session: s}
	components := fixed(componentNames()...)
	command := runs(&cobra.Command{
		Use:     "bootstrap NAME COMPONENT...",
		Short:   "Install or repair components (tenancy, proxy, app-delivery) on a cluster, and show how it goes",
		Example: "  kubectl kubenova cluster bootstrap dev tenancy app-delivery",
		Args:    cobra.MinimumNArgs(2),
		ValidArgsFunction: func(command *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return s.names(clusters())(command, args, word)
			}
			return components(command, args, word)
		},
	}, o)
	o.output = newOutput(command, "bootstrap requested")
	o.add(command)
	return command
}

// Complete implements options.
func (o *bootstrapOptions) Complete(args []string) error {
	o.name, o.components = args[0], args[1:]
	return nil
}

// Validate implements options.
func (o *bootstrapOptions) Validate() error {
	for _, component := range o.components {
		if !slices.Contains(componentNames(), component) {
			return fmt.Errorf("%q is no component; there are %s", component, strings.Join(componentNames(), ", "))
		}
	}
	if err := o.waitFlags.validate(); err != nil {
		return err
	}
	return o.output.validate()
}

// Run implements options.
func (o *bootstrapOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	for _, component := range o.components {
		body := &v1alpha1.ClusterBootstrap{Spec: v1alpha1.ClusterBootstrapSpec{Component: v1alpha1.ComponentName(component)}}
		if _, err := api.Clusters().CreateBootstrap(ctx, o.name, body, metav1.CreateOptions{}); err != nil {
			return err
		}
		fmt.Fprintf(o.progressTo(&o.output), "cluster.kubenova.io/%s: %s requested\n", o.name, component)
	}
	if o.wait {
		if err := o.follow(ctx, api.Clusters()); err != nil {
			return hinted("Try: kubectl kubenova cluster list "+o.name+" -o wide", "bootstrapping %s: %w", o.name, err)
		}
	}
	if o.forPeople() {
		return nil
	}
	cluster, err := api.Clusters().Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return o.print(cluster, o.Out)
}

// follow shows the components on their way until all of them work.
func (o *bootstrapOptions) follow(ctx context.Context, clusters client.ClusterInterface) error {
	display, err := o.newLive(o.progressTo(&o.output))
	if err != nil {
		return err
	}
	return follow(ctx, clusters, o.name, &v1alpha1.Cluster{}, o.timeout, func(cluster *v1alpha1.Cluster) (bool, error) {
		done := true
		var steps []step
		for _, component := range o.components {
			s := componentStep(cluster, v1alpha1.ComponentName(component))
			done = done && s.mark == markDone
			steps = append(steps, s)
		}
		display.show(steps)
		return done, nil
	})
}

// componentStep tells how far a component is: how its installation goes until the
// newest request is carried out, and then whether it works.
func componentStep(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName) step {
	out := step{key: string(component), mark: markBusy, text: "waits to be installed"}
	installed, ready := conditionsOf(component)
	if !carriedOut(cluster, component) {
		if c := meta.FindStatusCondition(cluster.Status.Conditions, installed); c != nil && c.Status == metav1.ConditionFalse {
			out.text = c.Message
			if c.Reason == "InstallFailed" {
				out.mark = markFailed
			}
		}
		return out
	}
	c := meta.FindStatusCondition(cluster.Status.Conditions, ready)
	if c == nil {
		out.text = "is installed"
		return out
	}
	out.text = c.Message
	if c.Status == metav1.ConditionTrue {
		out.mark = markDone
	}
	return out
}

// conditionsOf are the conditions that say how a component's installation went, and
// whether it works.
func conditionsOf(component v1alpha1.ComponentName) (installed, ready string) {
	switch component {
	case v1alpha1.ComponentTenancy:
		return "TenancyInstalled", v1alpha1.ClusterTenancyReady
	case v1alpha1.ComponentProxy:
		return "ProxyInstalled", v1alpha1.ClusterProxyReady
	default:
		return "AppDeliveryInstalled", v1alpha1.ClusterAppDeliveryReady
	}
}

// carriedOut says whether the newest request for a component was carried out.
func carriedOut(cluster *v1alpha1.Cluster, component v1alpha1.ComponentName) bool {
	for _, wanted := range cluster.Spec.Components {
		if wanted.Name != component {
			continue
		}
		for _, found := range cluster.Status.Components {
			if found.Name == component {
				return wanted.RequestedAt == nil || !found.RequestedAt.Before(wanted.RequestedAt)
			}
		}
	}
	return false
}
