package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// deployOptions are those of what makes a new revision of an app.
type deployOptions struct {
	appOptions
	output
	waitFlags
	// deploy makes the revision and returns its number.
	deploy func(ctx context.Context, apps client.AppInterface) (int64, error)
}

func (s *session) appDeployCommand() *cobra.Command {
	o := &deployOptions{appOptions: appOptions{session: s}}
	o.deploy = func(ctx context.Context, apps client.AppInterface) (int64, error) {
		done, err := apps.Deploy(ctx, o.name, &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
		if err != nil {
			return 0, err
		}
		return done.Status.Revision, nil
	}
	command := runs(s.appCommand("deploy", "Deploy an app as it is now, and show how it goes",
		"  kubectl kubenova app deploy hello -t acme -p web"), o)
	o.addFlags(command)
	return command
}

func (s *session) appRollbackCommand() *cobra.Command {
	var to int64
	o := &deployOptions{appOptions: appOptions{session: s}}
	o.deploy = func(ctx context.Context, apps client.AppInterface) (int64, error) {
		body := &v1alpha1.AppRollback{Spec: v1alpha1.AppRollbackSpec{ToRevision: to}}
		done, err := apps.Rollback(ctx, o.name, body, metav1.CreateOptions{})
		if err != nil {
			return 0, err
		}
		return done.Status.Revision, nil
	}
	command := runs(s.appCommand("rollback", "Deploy the content of an earlier revision again, and show how it goes",
		"  kubectl kubenova app rollback hello --to 3 -t acme -p web"), o)
	command.Flags().Int64Var(&to, "to", 0, "revision to go back to (default: the last one with another content)")
	o.addFlags(command)
	return command
}

func (o *deployOptions) addFlags(command *cobra.Command) {
	o.output = newOutput(command, "deployed")
	o.add(command)
}

// Validate implements options.
func (o *deployOptions) Validate() error {
	if err := o.waitFlags.validate(); err != nil {
		return err
	}
	return o.output.validate()
}

// Run implements options.
func (o *deployOptions) Run(ctx context.Context) error {
	apps, err := o.apps()
	if err != nil {
		return err
	}
	revision, err := o.deploy(ctx, apps)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.progressTo(&o.output), "app.kubenova.io/%s: revision %d\n", o.name, revision)
	if o.wait {
		if err := o.follow(ctx, apps, revision); err != nil {
			return err
		}
	}
	if o.forPeople() {
		return nil
	}
	app, err := apps.Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return o.print(app, o.Out)
}

// follow shows a revision on its way until it has arrived or failed.
func (o *deployOptions) follow(ctx context.Context, apps client.AppInterface, revision int64) error {
	display, err := o.newLive(o.progressTo(&o.output))
	if err != nil {
		return err
	}
	err = follow(ctx, apps, o.name, &v1alpha1.App{}, o.timeout, func(app *v1alpha1.App) (bool, error) {
		done, err := outcome(app, revision)
		display.show(progress(app, revision, done))
		return done, err
	})
	if err != nil {
		next := fmt.Sprintf("Try: kubectl kubenova app status %s, app logs %s or app rollback %s", o.name, o.name, o.name)
		return hinted(next, "deploying %s: %w", o.name, err)
	}
	return nil
}

// progress tells how far an app is with a revision: the components, and the app.
func progress(app *v1alpha1.App, revision int64, done bool) (steps []step) {
	whole := step{key: app.Name, mark: markBusy, text: "waits to be carried to the cluster"}
	if app.Status.Revision < revision {
		return []step{whole}
	}
	for _, c := range app.Status.Components {
		s := step{key: c.Name, mark: markBusy, text: c.Message}
		if c.Healthy {
			s.mark = markDone
		}
		steps = append(steps, s)
	}
	whole.text = fmt.Sprintf("%s, revision %d", orNone(string(app.Status.Phase)), app.Status.Revision)
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case done:
		whole.mark = markDone
	case app.Status.Phase == v1alpha1.AppFailed:
		whole.mark = markFailed
	}
	if !done && ready != nil && ready.Message != "" {
		whole.text += ", " + ready.Message
	}
	return append(steps, whole)
}

// outcome says whether a revision has reached a state that lasts. A newer
// revision stands for it.
func outcome(app *v1alpha1.App, revision int64) (bool, error) {
	if app.Status.Revision < revision {
		return false, nil
	}
	switch app.Status.Phase {
	case v1alpha1.AppFailed:
		why := "no reason is known"
		if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			why = ready.Message
		}
		return false, fmt.Errorf("revision %d failed: %s", app.Status.Revision, why)
	case v1alpha1.AppRunning:
		return app.Status.Healthy, nil
	case v1alpha1.AppPending, v1alpha1.AppSuspended:
		return true, nil
	}
	return false, nil
}
