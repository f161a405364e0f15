package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// CompletionName is the name under which kubectl looks for what completes the
// arguments of the plugin.
const CompletionName = "kubectl_complete-kubenova"

const completionScript = `#!/bin/sh
# Completes the arguments of kubectl kubenova for kubectl.
exec kubectl kubenova __complete "$@"
`

// ArgsFor returns the arguments for the plugin, whatever name it is called by:
// under CompletionName it completes them, which is what kubectl expects.
func ArgsFor(name string, args []string) []string {
	if strings.TrimSuffix(filepath.Base(name), ".exe") == CompletionName {
		return append([]string{"__complete"}, args...)
	}
	return args
}

// completionOptions are those of the command completion.
type completionOptions struct {
	*session
	dir string
}

func (s *session) completionCommand() *cobra.Command {
	o := &completionOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "completion",
		Short: "Have kubectl complete the plugin's arguments",
		Long: `Have kubectl complete the plugin's arguments, names on the server among them.
kubectl asks a program ` + CompletionName + ` on the PATH. This prints it, or writes
it into a folder. The shell must complete kubectl itself: kubectl completion --help`,
		Example: "  kubectl kubenova completion --install ~/.local/bin",
		Args:    cobra.NoArgs,
	}, o)
	command.Flags().StringVar(&o.dir, "install", "", "folder on the PATH to write the program into")
	return command
}

// Complete implements options.
func (*completionOptions) Complete([]string) error { return nil }

// Validate implements options.
func (*completionOptions) Validate() error { return nil }

// Run implements options.
func (o *completionOptions) Run(context.Context) error {
	if o.dir == "" {
		_, err := fmt.Fprint(o.Out, completionScript)
		return err
	}
	file := filepath.Join(o.dir, CompletionName)
	if err := os.WriteFile(file, []byte(completionScript), 0o755); err != nil {
		return fmt.Errorf("installing the completion: %w", err)
	}
	// A file that was there keeps its mode.
	if err := os.Chmod(file, 0o755); err != nil {
		return fmt.Errorf("installing the completion: %w", err)
	}
	fmt.Fprintf(o.Out, "%s installed\n", file)
	return nil
}
