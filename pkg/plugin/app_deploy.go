package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

func (s *session) appDeployCommand() *cobra.Command {
	var wait waitFlags
	command := &cobra.Command{
		Use:     "deploy APP",
		Short:   "Deploy an app as it is now, and show how it goes",
		Example: "  kubectl kubenova app deploy hello -t acme -p web",
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			apps, _, err := s.apps()
			if err != nil {
				return err
			}
			done, err := apps.Deploy(command.Context(), args[0], &v1alpha1.AppDeploy{}, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			return s.afterDeploy(command.Context(), apps, args[0], done.Status.Revision, wait)
		},
	}
	wait.add(command, true)
	return command
}

// afterDeploy says which revision it became, and follows it.
func (s *session) afterDeploy(ctx context.Context, apps client.AppInterface, name string, revision int64, wait waitFlags) error {
	fmt.Fprintf(s.Out, "app.kubenova.io/%s: revision %d\n", name, revision)
	if !wait.wait {
		return nil
	}
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.List(ctx, one(name, o))
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return apps.Watch(ctx, one(name, o))
		},
	}
	said := ""
	return follow(ctx, lw, &v1alpha1.App{}, wait.timeout, func(object runtime.Object) (bool, error) {
		app, ok := object.(*v1alpha1.App)
		if !ok {
			return false, fmt.Errorf("unexpected object %T", object)
		}
		if line := progress(app); line != said {
			said = line
			fmt.Fprintf(s.Out, "  %s\n", line)
		}
		return outcome(app, revision)
	})
}

// progress is one line on how far an app is.
func progress(app *v1alpha1.App) string {
	line := orNone(string(app.Status.Phase))
	if ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		line += ": " + ready.Message
	}
	for _, c := range app.Status.Components {
		if c.Message != "" {
			line += fmt.Sprintf(" [%s %s]", c.Name, c.Message)
		}
	}
	return line
}

// outcome says whether a revision has reached a state that lasts. A newer
// revision stands for it.
func outcome(app *v1alpha1.App, revision int64) (bool, error) {
	if app.Status.Revision < revision {
		return false, nil
	}
	switch app.Status.Phase {
	case v1alpha1.AppFailed:
		return false, fmt.Errorf("revision %d of %s failed: %s", app.Status.Revision, app.Name, progress(app))
	case v1alpha1.AppRunning:
		return app.Status.Healthy, nil
	case v1alpha1.AppPending, v1alpha1.AppSuspended:
		return true, nil
	}
	return false, nil
}
