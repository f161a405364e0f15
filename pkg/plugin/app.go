package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// appOptions name an app; every command about one has them.
type appOptions struct {
	*session
	name, namespace string
}

// Complete implements options.
func (o *appOptions) Complete(args []string) (err error) {
	o.name = args[0]
	o.namespace, err = o.projectNamespace()
	return err
}

// apps returns the client of the project's apps.
func (o *appOptions) apps() (client.AppInterface, error) {
	api, err := o.client()
	if err != nil {
		return nil, err
	}
	return api.Apps(o.namespace), nil
}

// revisions returns the client of the revisions of the project's apps.
func (o *appOptions) revisions() (client.AppRevisionInterface, error) {
	api, err := o.client()
	if err != nil {
		return nil, err
	}
	return api.AppRevisions(o.namespace), nil
}

// appCommand returns a command about one app.
func (s *session) appCommand(use, short, example string) *cobra.Command {
	return &cobra.Command{
		Use: use + " APP", Short: short, Example: example,
		Args: cobra.ExactArgs(1), ValidArgsFunction: first(s.names(apps())),
	}
}

type appAction func(ctx context.Context, apps client.AppInterface, name string) error

func suspend(ctx context.Context, apps client.AppInterface, name string) error {
	_, err := apps.Suspend(ctx, name, &v1alpha1.AppSuspend{}, metav1.CreateOptions{})
	return err
}

func resume(ctx context.Context, apps client.AppInterface, name string) error {
	_, err := apps.Resume(ctx, name, &v1alpha1.AppResume{}, metav1.CreateOptions{})
	return err
}

// appActionOptions are those of the commands app suspend and app resume.
type appActionOptions struct {
	appOptions
	output
	do appAction
}

func (s *session) appActionCommand(verb, short string, do appAction) *cobra.Command {
	o := &appActionOptions{appOptions: appOptions{session: s}, do: do}
	command := runs(s.appCommand(verb, short, fmt.Sprintf("  kubectl kubenova app %s hello -t acme -p web", verb)), o)
	o.output = newOutput(command, verb+" requested")
	return command
}

// Validate implements options.
func (o *appActionOptions) Validate() error { return o.validate() }

// Run implements options.
func (o *appActionOptions) Run(ctx context.Context) error {
	apps, err := o.apps()
	if err != nil {
		return err
	}
	if err := o.do(ctx, apps, o.name); err != nil {
		return err
	}
	app, err := apps.Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return o.print(app, o.Out)
}
