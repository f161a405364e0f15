package plugin

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/podlog"
)

// Bounds of what is asked for, as the server has them.
const (
	defaultTail = 200
	maxTail     = 10_000
)

// logsOptions are those of the command app logs.
type logsOptions struct {
	appOptions
	components []string
	follow     bool
	tail       int64
	since      time.Duration
	timestamps bool
	format     string
}

func (s *session) appLogsCommand() *cobra.Command {
	o := &logsOptions{appOptions: appOptions{session: s}}
	command := runs(s.appCommand("logs", "Show what the pods of an app write, merged in the order of time",
		`  kubectl kubenova app logs hello -t acme -p web
  kubectl kubenova app logs hello -f --component web --since 10m -t acme -p web`), o)
	flags := command.Flags()
	flags.StringSliceVar(&o.components, "component", nil, "component whose pods' logs are shown; may be given more than once (default: all)")
	flags.BoolVarP(&o.follow, "follow", "f", false, "go on with what is written from now on")
	flags.Int64Var(&o.tail, "tail", defaultTail, "how many of the last lines of each component there are at most, or of each pod with --follow, up to 10000")
	flags.DurationVar(&o.since, "since", 0, "leave out lines that are older, such as 5s, 2m or 3h")
	flags.BoolVar(&o.timestamps, "timestamps", false, "show when each line was written")
	flags.StringVarP(&o.format, "output", "o", "", "Output format. One of: (json), with an object a line.")
	completeFlag(command, "output", fixed("json"))
	completeFlag(command, "component", o.completeComponents)
	return command
}

// Validate implements options.
func (o *logsOptions) Validate() error {
	switch {
	case o.tail < 1 || o.tail > maxTail:
		return fmt.Errorf("--tail: %d is not from 1 to %d", o.tail, maxTail)
	case o.since < 0 || o.since > 0 && o.since < time.Second:
		return fmt.Errorf("--since: %s is less than a second", o.since)
	case o.format != "" && o.format != "json":
		return fmt.Errorf("--output: %q is not json", o.format)
	}
	return nil
}

// Run implements options.
func (o *logsOptions) Run(ctx context.Context) error {
	if len(o.components) == 0 {
		all, err := o.componentsOf(ctx)
		if err != nil {
			return err
		}
		o.components = all
	}
	api, err := o.client()
	if err != nil {
		return err
	}
	colours, err := o.colours(o.Out)
	if err != nil {
		return err
	}
	streams := &logSource{client: api.RESTClient(), namespace: o.namespace, app: o.name}
	printer := newLinePrinter(o, colours)
	if o.follow {
		return followAll(ctx, streams, o.components, o.first(), printer.print, o.note)
	}
	var lines []podlog.Line
	for _, component := range o.components {
		found, err := streams.read(ctx, component, o.first())
		if err != nil {
			return err
		}
		lines = append(lines, found...)
	}
	slices.SortStableFunc(lines, func(a, b podlog.Line) int { return a.Time.Compare(b.Time) })
	for _, line := range lines {
		if err := printer.print(line); err != nil {
			return err
		}
	}
	return nil
}

// first is what is asked for at first.
func (o *logsOptions) first() v1alpha1.AppLogOptions {
	out := v1alpha1.AppLogOptions{TailLines: &o.tail, Follow: o.follow}
	if o.since > 0 {
		out.SinceSeconds = new(int64(o.since.Seconds()))
	}
	return out
}

func (o *logsOptions) note(text string) { fmt.Fprintf(o.ErrOut, "%s\n", text) }

// componentsOf returns the names of the app's components.
func (o *logsOptions) componentsOf(ctx context.Context) (names []string, err error) {
	apps, err := o.apps()
	if err != nil {
		return nil, err
	}
	app, err := apps.Get(ctx, o.name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	for _, c := range app.Spec.Components {
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		return nil, hinted("Try: kubectl kubenova app status "+o.name, "app %q has no components", o.name)
	}
	return names, nil
}

func (o *logsOptions) completeComponents(command *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 || o.Complete(args) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(contextOf(command), completeTimeout)
	defer cancel()
	names, err := o.componentsOf(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
