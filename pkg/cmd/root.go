// Package cmd holds the subcommands of kubenova.
package cmd

import (
	"github.com/spf13/cobra"
	"k8s.io/component-base/version"
)

// NewCommand returns the kubenova command with all of its subcommands.
func NewCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubenova",
		Short:         "KubeNova is a multi-tenant platform API for Kubernetes",
		Version:       version.Get().GitVersion,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(
		newStandaloneCommand(),
		newAPIServerCommand(),
		newControllerManagerCommand(),
		newTokenCommand(),
		newEncryptionCommand(),
	)
	return root
}
