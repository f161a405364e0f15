package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/render"
)

// diffOptions are those of the command app diff.
type diffOptions struct {
	appOptions
	format string
	// from and to are the numbers of revisions; 0 for the newest, and for what the
	// next deploy would make.
	from, to int64
}

func (s *session) appDiffCommand() *cobra.Command {
	o := &diffOptions{appOptions: appOptions{session: s}}
	command := runs(s.appCommand("diff", "Show what differs between two revisions, and where each change comes from", ""), o)
	command.Use = "diff APP [FROM [TO]]"
	command.Args = cobra.RangeArgs(1, 3)
	command.Long = `Show what differs between two revisions, and where each change comes from: the
app, or the rule of a policy set or plan. Without revisions, the newest one is
compared with what a deploy would make of the app now; with one, that one is
compared with the newest. Values that look secret are masked.`
	command.Example = `  kubectl kubenova app diff hello -t acme -p web
  kubectl kubenova app diff hello 1 3 -o json -t acme -p web`
	command.Flags().StringVarP(&o.format, "output", "o", "", "Output format. One of: (json, yaml).")
	completeFlag(command, "output", fixed("json", "yaml"))
	return command
}

// Complete implements options.
func (o *diffOptions) Complete(args []string) (err error) {
	for i, into := range []*int64{&o.from, &o.to} {
		if len(args) <= i+1 {
			break
		}
		if *into, err = strconv.ParseInt(args[i+1], 10, 64); err != nil || *into < 1 {
			return fmt.Errorf("%q is not the number of a revision", args[i+1])
		}
	}
	return o.appOptions.Complete(args)
}

// Validate implements options.
func (o *diffOptions) Validate() error {
	switch o.format {
	case "", "json", "yaml":
		return nil
	}
	return fmt.Errorf("--output: %q is neither json nor yaml", o.format)
}

// Run implements options.
func (o *diffOptions) Run(ctx context.Context) error {
	from, to, err := o.compared(ctx)
	if err != nil {
		return err
	}
	changes, err := render.Diff(from, to)
	if err != nil {
		return fmt.Errorf("comparing: %w", err)
	}
	if o.format == "" {
		return o.printChanges(changes)
	}
	out, err := json.MarshalIndent(append([]render.Change{}, changes...), "", "    ")
	if err == nil && o.format == "yaml" {
		out, err = yaml.JSONToYAML(out)
	}
	if err != nil {
		return fmt.Errorf("writing the changes: %w", err)
	}
	_, err = fmt.Fprintln(o.Out, strings.TrimSpace(string(out)))
	return err
}

// compared returns the two sides.
func (o *diffOptions) compared(ctx context.Context) (from, to v1alpha1.AppRevisionSpec, err error) {
	apps, err := o.apps()
	if err != nil {
		return from, to, err
	}
	if _, err := apps.Get(ctx, o.name, metav1.GetOptions{}); err != nil {
		return from, to, err
	}
	revisions, err := o.revisions()
	if err != nil {
		return from, to, err
	}
	kept, err := history(ctx, revisions, o.name)
	if err != nil {
		return from, to, err
	}
	if len(kept.Items) == 0 {
		return from, to, neverDeployed(o.name)
	}
	if from, err = o.numbered(kept, o.from); err != nil {
		return from, to, err
	}
	if o.from > 0 {
		to, err = o.numbered(kept, o.to)
		return from, to, err
	}
	would, err := apps.Deploy(ctx, o.name, &v1alpha1.AppDeploy{}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return from, to, err
	}
	to = v1alpha1.AppRevisionSpec{App: o.name, Revision: would.Status.Revision, Origins: would.Status.Origins}
	if would.Status.Rendered != nil {
		to.Rendered = *would.Status.Rendered
	}
	return from, to, nil
}

// numbered returns a kept revision; the newest for 0.
func (o *diffOptions) numbered(kept *v1alpha1.AppRevisionList, number int64) (v1alpha1.AppRevisionSpec, error) {
	for _, r := range kept.Items {
		if number == 0 || r.Spec.Revision == number {
			return r.Spec, nil
		}
	}
	return v1alpha1.AppRevisionSpec{}, hinted("Try: kubectl kubenova app history "+o.name, "revision %d is not kept", number)
}

// printChanges writes each change with what it comes from.
func (o *diffOptions) printChanges(changes []render.Change) error {
	colours, err := o.colours(o.Out)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		fmt.Fprintln(o.Out, "no difference")
	}
	for _, c := range changes {
		fmt.Fprintf(o.Out, "%s  %s\n", c.Path, paint(colours, grey, "("+c.Origin+")"))
		for _, side := range []struct {
			sign, colour string
			value        json.RawMessage
		}{{"-", red, c.Old}, {"+", green, c.New}} {
			if side.value != nil {
				fmt.Fprintln(o.Out, paint(colours, side.colour, fmt.Sprintf("  %s %s", side.sign, side.value)))
			}
		}
	}
	return nil
}
