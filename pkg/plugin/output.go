package plugin

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// output prints objects as -o asks for.
type output struct {
	flags *genericclioptions.PrintFlags
}

func newOutput(command *cobra.Command, done string) (*output, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("registering kinds: %w", err)
	}
	flags := genericclioptions.NewPrintFlags(done).WithTypeSetter(scheme)
	flags.AddFlags(command)
	return &output{flags: flags}, nil
}

// print writes an object; without -o that is its name and what was done.
func (o *output) print(object runtime.Object, to io.Writer) error {
	printer, err := o.flags.ToPrinter()
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return printer.PrintObj(object, to)
}

// table writes columns as kubectl does.
func table(to io.Writer, rows [][]string) error {
	w := printers.GetNewTabWriter(to)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// colours says whether a stream is a terminal that shows them.
func colours(to io.Writer) bool {
	file, ok := to.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(file.Fd()))
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
