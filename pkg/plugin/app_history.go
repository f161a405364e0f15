package plugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	client "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// history returns the kept revisions of an app, the newest first.
func history(ctx context.Context, revisions client.AppRevisionInterface, app string) ([]v1alpha1.AppRevision, error) {
	list, err := revisions.List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.app", app).String()})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.AppRevision) int { return cmp.Compare(b.Spec.Revision, a.Spec.Revision) })
	return list.Items, nil
}

func (s *session) appHistoryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history APP",
		Short: "List the kept revisions of an app",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			apps, revisions, err := s.apps()
			if err != nil {
				return err
			}
			app, err := apps.Get(command.Context(), args[0], metav1.GetOptions{})
			if err != nil {
				return err
			}
			kept, err := history(command.Context(), revisions, args[0])
			if err != nil {
				return err
			}
			rows := [][]string{{"REVISION", "AGE", "COMPONENTS", "NOTE"}}
			for _, r := range kept {
				rows = append(rows, []string{
					strconv.FormatInt(r.Spec.Revision, 10), duration.HumanDuration(metav1.Now().Sub(r.CreationTimestamp.Time)),
					strconv.Itoa(len(r.Spec.Rendered.Components)), note(app, r.Spec),
				})
			}
			return table(s.Out, rows)
		},
	}
}

func note(app *v1alpha1.App, spec v1alpha1.AppRevisionSpec) string {
	switch {
	case spec.Revision == app.Status.Revision:
		return "on the cluster"
	case spec.RollbackOf > 0:
		return fmt.Sprintf("rollback to %d", spec.RollbackOf)
	}
	return ""
}

func (s *session) appDiffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff APP [FROM [TO]]",
		Short: "Show what differs between two revisions, and where each change comes from",
		Long: `Show what differs between two revisions, and where each change comes from.
Without revisions, the newest one is compared with what a deploy would make of
the app now; with one, that one is compared with the newest.`,
		Args: cobra.RangeArgs(1, 3),
		RunE: func(command *cobra.Command, args []string) error {
			apps, revisions, err := s.apps()
			if err != nil {
				return err
			}
			from, to, err := compared(command.Context(), apps, revisions, args)
			if err != nil {
				return err
			}
			changes, err := render.Diff(from, to)
			if err != nil {
				return fmt.Errorf("comparing: %w", err)
			}
			s.printChanges(changes)
			return nil
		},
	}
}

// compared returns the two sides that the arguments name.
func compared(ctx context.Context, apps client.AppInterface, revisions client.AppRevisionInterface, args []string) (from, to v1alpha1.AppRevisionSpec, err error) {
	kept, err := history(ctx, revisions, args[0])
	if err != nil {
		return from, to, err
	}
	if len(kept) == 0 {
		return from, to, &hint{fmt.Errorf("app %q was never deployed", args[0]), "Try: kubectl kubenova app deploy " + args[0]}
	}
	from, to = kept[0].Spec, kept[0].Spec
	if len(args) > 1 {
		if from, err = numbered(kept, args[1]); err != nil {
			return from, to, err
		}
	}
	if len(args) > 2 {
		to, err = numbered(kept, args[2])
	}
	if err != nil || len(args) > 1 {
		return from, to, err
	}
	would, err := apps.Deploy(ctx, args[0], &v1alpha1.AppDeploy{}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return from, to, err
	}
	return from, v1alpha1.AppRevisionSpec{App: args[0], Revision: would.Status.Revision, Rendered: *would.Status.Rendered}, nil
}

func numbered(kept []v1alpha1.AppRevision, text string) (v1alpha1.AppRevisionSpec, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return v1alpha1.AppRevisionSpec{}, fmt.Errorf("%q is not the number of a revision", text)
	}
	for _, r := range kept {
		if r.Spec.Revision == number {
			return r.Spec, nil
		}
	}
	return v1alpha1.AppRevisionSpec{}, &hint{fmt.Errorf("revision %d is not kept", number), "Try: kubectl kubenova app history <app>"}
}

func (s *session) printChanges(changes []render.Change) {
	paint := func(_, text string) string { return text }
	if colours(s.Out) {
		paint = func(colour, text string) string { return "\x1b[" + colour + "m" + text + "\x1b[0m" }
	}
	if len(changes) == 0 {
		fmt.Fprintln(s.Out, "no difference")
	}
	for _, c := range changes {
		fmt.Fprintf(s.Out, "%s  (%s)\n", c.Path, c.Origin)
		for _, side := range []struct {
			sign, colour string
			value        json.RawMessage
		}{{"-", "31", c.Old}, {"+", "32", c.New}} {
			if side.value != nil {
				fmt.Fprintln(s.Out, paint(side.colour, fmt.Sprintf("  %s %s", side.sign, side.value)))
			}
		}
	}
}
