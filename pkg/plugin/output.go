package plugin

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

const outputWide = "wide"

// output prints objects as -o asks for.
type output struct {
	flags *genericclioptions.PrintFlags
	// formats are others than those of kubectl.
	formats []string
}

// newOutput adds -o to a command. formats are those that only this command has.
func newOutput(command *cobra.Command, done string, formats ...string) output {
	o := output{flags: genericclioptions.NewPrintFlags(done), formats: append([]string{outputWide}, formats...)}
	o.flags.AddFlags(command)
	all := append(o.flags.AllowedFormats(), o.formats...)
	command.Flags().Lookup("output").Usage = fmt.Sprintf("Output format. One of: (%s).", strings.Join(all, ", "))
	completeFlag(command, "output", fixed(append([]string{"json", "yaml", "name"}, o.formats...)...))
	return o
}

// format that was asked for; empty for the one for people.
func (o *output) format() string { return *o.flags.OutputFormat }

// forPeople says whether a table or a text is asked for.
func (o *output) forPeople() bool {
	template := o.flags.TemplatePrinterFlags.TemplateArgument
	return o.format() == outputWide || o.format() == "" && (template == nil || *template == "")
}

// validate refuses a format that there is not.
func (o *output) validate() error {
	for _, format := range o.formats {
		if o.format() == format {
			return nil
		}
	}
	if _, err := o.flags.ToPrinter(); err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return nil
}

// print writes an object; without -o that is its name and what was done.
func (o *output) print(object runtime.Object, to io.Writer) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, authorizationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return fmt.Errorf("registering kinds: %w", err)
		}
	}
	flags := *o.flags
	if o.format() == outputWide {
		flags.OutputFormat = new("")
	}
	printer, err := flags.WithTypeSetter(scheme).ToPrinter()
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	if o.format() == "name" && meta.IsListType(object) {
		return meta.EachListItem(object, func(item runtime.Object) error { return printer.PrintObj(item, to) })
	}
	return printer.PrintObj(object, to)
}

// printTable writes a table as kubectl does.
func (o *output) printTable(table *metav1.Table, to io.Writer) error {
	return printers.NewTablePrinter(printers.PrintOptions{Wide: o.format() == outputWide}).PrintObj(table, to)
}

// tableOf makes a table without rows. Columns that begin with + are for -o wide.
func tableOf(columns ...string) *metav1.Table {
	table := &metav1.Table{}
	for _, name := range columns {
		definition := metav1.TableColumnDefinition{Type: "string"}
		if wide, found := strings.CutPrefix(name, "+"); found {
			name, definition.Priority = wide, 1
		}
		definition.Name = name
		table.ColumnDefinitions = append(table.ColumnDefinitions, definition)
	}
	return table
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
