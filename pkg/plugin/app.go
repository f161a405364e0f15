package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

func (s *session) appCommand() *cobra.Command {
	return group("app", "Deploy apps and look after them",
		s.appDeployCommand(),
		s.appStatusCommand(),
		s.appHistoryCommand(),
		s.appDiffCommand(),
		s.appRollbackCommand(),
		s.appActionCommand("suspend", "Stop every pod of an app until it is resumed", suspend),
		s.appActionCommand("resume", "Let a suspended app run again", resume),
	)
}

// apps returns the client of the project's apps and of their revisions.
func (s *session) apps() (client.AppInterface, client.AppRevisionInterface, error) {
	namespace, err := s.projectNamespace()
	if err != nil {
		return nil, nil, err
	}
	clients, err := s.client()
	if err != nil {
		return nil, nil, err
	}
	v1 := clients.KubenovaV1alpha1()
	return v1.Apps(namespace), v1.AppRevisions(namespace), nil
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

func (s *session) appActionCommand(verb, short string, do appAction) *cobra.Command {
	return &cobra.Command{
		Use:   verb + " APP",
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			apps, _, err := s.apps()
			if err != nil {
				return err
			}
			if err := do(command.Context(), apps, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(s.Out, "app.kubenova.io/%s: %s requested\n", args[0], verb)
			return nil
		},
	}
}

func (s *session) appRollbackCommand() *cobra.Command {
	var to int64
	var wait waitFlags
	command := &cobra.Command{
		Use:     "rollback APP",
		Short:   "Deploy the content of an earlier revision again",
		Example: "  kubectl kubenova app rollback hello --to 3 -t acme -p web",
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			apps, _, err := s.apps()
			if err != nil {
				return err
			}
			body := &v1alpha1.AppRollback{Spec: v1alpha1.AppRollbackSpec{ToRevision: to}}
			done, err := apps.Rollback(command.Context(), args[0], body, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			return s.afterDeploy(command.Context(), apps, args[0], done.Status.Revision, wait)
		},
	}
	command.Flags().Int64Var(&to, "to", 0, "revision to go back to (default: the one before the newest)")
	wait.add(command, true)
	return command
}

func (s *session) appStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status APP",
		Short: "Show an app's phase, conditions and components",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			apps, _, err := s.apps()
			if err != nil {
				return err
			}
			app, err := apps.Get(command.Context(), args[0], metav1.GetOptions{})
			if err != nil {
				return err
			}
			return s.printStatus(app)
		},
	}
}

func (s *session) printStatus(app *v1alpha1.App) error {
	fmt.Fprintf(s.Out, "%s: %s, revision %d\n\n", app.Name, orNone(string(app.Status.Phase)), app.Status.Revision)
	conditions := [][]string{{"CONDITION", "STATUS", "REASON", "MESSAGE"}}
	for _, c := range app.Status.Conditions {
		conditions = append(conditions, []string{c.Type, string(c.Status), c.Reason, c.Message})
	}
	if err := table(s.Out, conditions); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	components := [][]string{{"COMPONENT", "HEALTHY", "MESSAGE"}}
	for _, c := range app.Status.Components {
		components = append(components, []string{c.Name, fmt.Sprint(c.Healthy), c.Message})
	}
	return table(s.Out, components)
}

func split(resource string) (name, subresource string) {
	name, subresource, _ = strings.Cut(resource, "/")
	return name, subresource
}
