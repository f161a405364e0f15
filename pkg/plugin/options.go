package plugin

import (
	"context"

	"github.com/spf13/cobra"
)

// options are what a command works with.
type options interface {
	// Complete fills in what arguments and flags say.
	Complete(args []string) error
	// Validate refuses what cannot be done, before anything is asked of the server.
	Validate() error
	// Run does it.
	Run(ctx context.Context) error
}

// runs has a command complete, validate and run its options.
func runs(command *cobra.Command, o options) *cobra.Command {
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := o.Complete(args); err != nil {
			return err
		}
		if err := o.Validate(); err != nil {
			return err
		}
		return o.Run(command.Context())
	}
	return command
}
