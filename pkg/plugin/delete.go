package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deleteOptions are those of the command delete of a kind.
type deleteOptions struct {
	*session
	kind      kind
	yes       bool
	names     []string
	place     string
	described string
	format    string
}

func (s *session) deleteCommand(k kind) *cobra.Command {
	o := &deleteOptions{session: s, kind: k}
	use := "delete"
	if k.resource == grants().resource {
		use = "revoke"
	}
	command := runs(&cobra.Command{
		Use:               use + " NAME...",
		Short:             fmt.Sprintf("%s %s, after asking", map[bool]string{true: "Revoke", false: "Delete"}[use == "revoke"], k.plural),
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: s.names(k),
	}, o)
	command.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	command.Flags().StringVarP(&o.format, "output", "o", "", "Output format. One of: (name).")
	completeFlag(command, "output", fixed("name"))
	o.described = use
	return command
}

// Complete implements options.
func (o *deleteOptions) Complete(args []string) (err error) {
	o.names = args
	o.place, err = o.namespace(o.kind)
	return err
}

// Validate implements options.
func (o *deleteOptions) Validate() error {
	if o.format != "" && o.format != "name" {
		return fmt.Errorf("--output: %q is not name: what was deleted is no more", o.format)
	}
	return nil
}

// Run implements options.
func (o *deleteOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	if !o.yes {
		question := fmt.Sprintf("%s %s %v, with all that they contain?", o.described, o.kind.plural, o.names)
		if err := o.confirm(question); err != nil {
			return err
		}
	}
	for _, name := range o.names {
		err := api.RESTClient().Delete().Resource(o.kind.resource).NamespaceIfScoped(o.place, o.place != "").Name(name).
			Body(&metav1.DeleteOptions{}).Do(ctx).Error()
		if err != nil {
			return err
		}
		done := " " + o.described + "d"
		if o.format == "name" {
			done = ""
		}
		fmt.Fprintf(o.Out, "%s.kubenova.io/%s%s\n", o.kind.resource[:len(o.kind.resource)-1], name, done)
	}
	return nil
}
