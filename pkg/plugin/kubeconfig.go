package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// issueOptions are those of the command kubeconfig issue.
type issueOptions struct {
	*session
	output
	tenant, project string
	role            string
	ttl             time.Duration
	whole           bool
	merge, use      bool
	name            string
}

func (s *session) kubeconfigIssueCommand() *cobra.Command {
	o := &issueOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "issue",
		Short: "Get a short-lived kubeconfig for a tenant's cluster",
		Long: `Get a short-lived kubeconfig for the cluster of a tenant, or of a project of it.
It is printed, or merged into your own kubeconfig as a context of its own. Entries
that this command did not make are never changed; those that it made for the same
tenant, project and role are replaced.`,
		Example: `  kubectl kubenova kubeconfig issue -t acme -p web --role projectDev > web.kubeconfig
  kubectl kubenova kubeconfig issue -t acme -p web --merge`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "issued")
	flags := command.Flags()
	flags.StringVar(&o.role, "role", "", "role that it has: tenantOwner, projectDev or readOnly (default: your highest in the project, or readOnly for a tenant)")
	flags.DurationVar(&o.ttl, "ttl", time.Hour, "how long it is good for, from 10m to 24h")
	flags.BoolVar(&o.whole, "whole-tenant", false, "for the tenant, also when the context names a project")
	flags.BoolVar(&o.merge, "merge", false, "add it to your kubeconfig, as a context")
	flags.BoolVar(&o.use, "use", false, "make that context the current one; only with --merge")
	flags.StringVar(&o.name, "context-name", "", "name of the context; only with --merge (default: kubenova-<tenant>[--<project>]-<role>)")
	completeFlag(command, "role", fixed(roles()...))
	return command
}

// Complete implements options.
func (o *issueOptions) Complete([]string) (err error) {
	o.tenant, o.project, err = o.place()
	if o.whole {
		o.project = ""
	}
	return err
}

// Validate implements options.
func (o *issueOptions) Validate() error {
	switch {
	case o.tenant == "":
		return missing("tenant")
	case !o.merge && (o.use || o.name != ""):
		return fmt.Errorf("--use and --context-name go only with --merge")
	case o.ttl < v1alpha1.MinAccessTTLSeconds*time.Second || o.ttl > v1alpha1.MaxAccessTTLSeconds*time.Second:
		return fmt.Errorf("--ttl: %s is not from 10m to 24h", o.ttl)
	}
	return o.validate()
}

// Run implements options.
func (o *issueOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	issued, err := o.issue(ctx, api)
	if err != nil {
		return err
	}
	if o.merge {
		if err := o.mergeInto(issued); err != nil {
			return o.takeBack(ctx, api, issued, err)
		}
		return nil
	}
	if !o.forPeople() {
		return o.print(issued, o.Out)
	}
	_, err = o.Out.Write(issued.Status.Kubeconfig)
	return err
}

func (o *issueOptions) issue(ctx context.Context, api client.KubenovaV1alpha1Interface) (*v1alpha1.AccessKubeconfig, error) {
	body := &v1alpha1.AccessKubeconfig{Spec: v1alpha1.AccessKubeconfigSpec{
		Role: v1alpha1.MemberRole(o.role), TTLSeconds: new(int64(o.ttl.Seconds())),
	}}
	if o.project == "" {
		return api.Tenants().CreateKubeconfig(ctx, o.tenant, body, metav1.CreateOptions{})
	}
	return api.Projects(v1alpha1.TenantNamespace(o.tenant)).CreateKubeconfig(ctx, o.project, body, metav1.CreateOptions{})
}

// takeBack revokes a kubeconfig that nobody got.
func (o *issueOptions) takeBack(ctx context.Context, api client.KubenovaV1alpha1Interface, issued *v1alpha1.AccessKubeconfig, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), completeTimeout)
	defer cancel()
	err := api.AccessGrants(v1alpha1.TenantNamespace(o.tenant)).Delete(ctx, issued.Status.Grant, metav1.DeleteOptions{})
	if err != nil {
		fmt.Fprintf(o.ErrOut, "warning: the kubeconfig %s that was issued could not be revoked: %v\n", issued.Status.Grant, err)
	}
	return why
}

// mergeInto adds what was issued to the caller's kubeconfig.
func (o *issueOptions) mergeInto(issued *v1alpha1.AccessKubeconfig) error {
	config, err := clientcmd.Load(issued.Status.Kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig that was issued: %w", err)
	}
	name := o.contextName(issued.Status.Role)
	server, err := o.server()
	if err != nil {
		return err
	}
	file := o.config.ToRawKubeConfigLoader().ConfigAccess().GetDefaultFilename()
	made := origin{Server: server, Tenant: o.tenant, Project: o.project, Role: string(issued.Status.Role), Grant: issued.Status.Grant}
	if err := mergeKubeconfig(file, name, config, made, o.use); err != nil {
		return err
	}
	until := "an unknown time"
	if issued.Status.ExpiresAt != nil {
		until = issued.Status.ExpiresAt.Format(time.RFC3339)
	}
	fmt.Fprintf(o.Out, "context %s (%s, until %s) written to %s\n", name, issued.Status.Role, until, file)
	if !o.use {
		fmt.Fprintf(o.Out, "Next: kubectl --context %s get pods\n", name)
	}
	return nil
}

func (o *issueOptions) contextName(role v1alpha1.MemberRole) string {
	if o.name != "" {
		return o.name
	}
	place := o.tenant
	if o.project != "" {
		place = v1alpha1.TargetNamespace(o.tenant, o.project)
	}
	return fmt.Sprintf("kubenova-%s-%s", place, role)
}

// server is the KubeNova that issues.
func (o *issueOptions) server() (string, error) {
	config, err := o.restConfig()
	if err != nil {
		return "", err
	}
	return config.Host, nil
}
