package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// history returns the kept revisions of an app, the newest first.
func history(ctx context.Context, revisions client.AppRevisionInterface, app string) (*v1alpha1.AppRevisionList, error) {
	list, err := revisions.List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.app", app).String()})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.AppRevision) int { return cmp.Compare(b.Spec.Revision, a.Spec.Revision) })
	return list, nil
}

// historyOptions are those of the command app history.
type historyOptions struct {
	appOptions
	output
}

func (s *session) appHistoryCommand() *cobra.Command {
	o := &historyOptions{appOptions: appOptions{session: s}}
	command := runs(s.appCommand("history", "List the kept revisions of an app, the newest first",
		"  kubectl kubenova app history hello -t acme -p web"), o)
	o.output = newOutput(command, "")
	return command
}

// Validate implements options.
func (o *historyOptions) Validate() error { return o.validate() }

// Run implements options.
func (o *historyOptions) Run(ctx context.Context) error {
	apps, err := o.apps()
	if err != nil {
		return err
	}
	revisions, err := o.revisions()
	if err != nil {
		return err
	}
	app, err := apps.Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	kept, err := history(ctx, revisions, o.name)
	if err != nil {
		return err
	}
	if !o.forPeople() {
		return o.print(kept, o.Out)
	}
	if len(kept.Items) == 0 {
		return neverDeployed(o.name)
	}
	rows := tableOf("Revision", "Age", "Components", "Note", "+Images")
	for _, r := range kept.Items {
		rows.Rows = append(rows.Rows, metav1.TableRow{Cells: []any{
			strconv.FormatInt(r.Spec.Revision, 10), age(r.CreationTimestamp),
			strconv.Itoa(len(r.Spec.Rendered.Components)), note(app, r.Spec), images(r.Spec.Rendered),
		}})
	}
	return o.printTable(rows, o.Out)
}

func neverDeployed(app string) error {
	return hinted("Try: kubectl kubenova app deploy "+app, "app %q was never deployed", app)
}

func note(app *v1alpha1.App, spec v1alpha1.AppRevisionSpec) string {
	out := ""
	if spec.RollbackOf > 0 {
		out = fmt.Sprintf("rollback to %d", spec.RollbackOf)
	}
	if spec.Revision == app.Status.Revision {
		if out != "" {
			out += ", "
		}
		out += "on the cluster"
	}
	return out
}

func age(at metav1.Time) string {
	if at.IsZero() {
		return "-"
	}
	return duration.HumanDuration(metav1.Now().Sub(at.Time))
}

// images are those that the components of a revision run.
func images(rendered v1alpha1.RenderedApp) string {
	var out []string
	for _, c := range rendered.Components {
		var properties struct{ Image string }
		if c.Properties != nil && json.Unmarshal(c.Properties.Raw, &properties) == nil && properties.Image != "" {
			out = append(out, properties.Image)
		}
	}
	return strings.Join(out, ",")
}
