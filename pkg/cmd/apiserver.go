package cmd

import (
	"github.com/spf13/cobra"

	"github.com/kubenova/kubenova/pkg/apiserver"
)

func newAPIServerCommand() *cobra.Command {
	options := apiserver.NewOptions()
	command := &cobra.Command{
		Use:   "apiserver",
		Short: "Run the API server behind the aggregation layer of a host cluster",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := options.Validate(); err != nil {
				return err
			}
			return options.Run(command.Context())
		},
	}
	options.AddFlags(command.Flags())
	return command
}
