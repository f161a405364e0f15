package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// statusOptions are those of the command app status.
type statusOptions struct {
	appOptions
	output
}

func (s *session) appStatusCommand() *cobra.Command {
	o := &statusOptions{appOptions: appOptions{session: s}}
	command := runs(s.appCommand("status", "Show an app's phase, components and conditions",
		"  kubectl kubenova app status hello -t acme -p web"), o)
	o.output = newOutput(command, "")
	return command
}

// Validate implements options.
func (o *statusOptions) Validate() error { return o.validate() }

// Run implements options.
func (o *statusOptions) Run(ctx context.Context) error {
	apps, err := o.apps()
	if err != nil {
		return err
	}
	app, err := apps.Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if !o.forPeople() {
		return o.print(app, o.Out)
	}
	return o.describe(app)
}

// describe prints what is known of an app.
func (o *statusOptions) describe(app *v1alpha1.App) error {
	colours, err := o.colours(o.Out)
	if err != nil {
		return err
	}
	phase := orNone(string(app.Status.Phase))
	switch {
	case app.Status.Phase == v1alpha1.AppFailed:
		phase = paint(colours, red, phase)
	case app.Status.Healthy:
		phase = paint(colours, green, phase)
	}
	fmt.Fprintf(o.Out, "%s: %s, revision %d\n", app.Name, phase, app.Status.Revision)
	components := tableOf("Component", "Healthy", "Message")
	for _, c := range app.Status.Components {
		components.Rows = append(components.Rows, metav1.TableRow{Cells: []any{c.Name, fmt.Sprint(c.Healthy), c.Message}})
	}
	conditions := tableOf("Condition", "Status", "Reason", "Message", "+Since")
	for _, c := range app.Status.Conditions {
		conditions.Rows = append(conditions.Rows, metav1.TableRow{Cells: []any{c.Type, string(c.Status), c.Reason, c.Message, age(c.LastTransitionTime)}})
	}
	for _, table := range []*metav1.Table{components, conditions} {
		if len(table.Rows) == 0 {
			continue
		}
		fmt.Fprintln(o.Out)
		if err := o.printTable(table, o.Out); err != nil {
			return err
		}
	}
	if app.Status.Revision == 0 {
		fmt.Fprintf(o.Out, "\nNext: kubectl kubenova app deploy %s\n", app.Name)
	}
	return nil
}
