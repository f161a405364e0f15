package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/generated/clientset/versioned/scheme"
)

// page is how many objects are asked for at a time.
const page = 500

// asTable asks the server for the columns that it shows, as kubectl get does.
const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

// listOptions are those of the command list of a kind.
type listOptions struct {
	*session
	output
	kind           kind
	all            bool
	selector       string
	names          []string
	namespaceAsked string
}

func (s *session) listCommand(k kind) *cobra.Command {
	o := &listOptions{session: s, kind: k}
	command := runs(&cobra.Command{
		Use:               "list [NAME...]",
		Aliases:           []string{"ls", "get"},
		Short:             "List " + k.plural,
		ValidArgsFunction: s.names(k),
	}, o)
	o.output = newOutput(command, "")
	command.Flags().StringVarP(&o.selector, "selector", "l", "", "labels that they have")
	if k.scope != inCluster {
		command.Flags().BoolVarP(&o.all, "all-namespaces", "A", false, "those of all tenants and projects that you may see")
	}
	return command
}

// Complete implements options.
func (o *listOptions) Complete(args []string) (err error) {
	o.names = args
	if !o.all {
		o.namespaceAsked, err = o.namespace(o.kind)
	}
	return err
}

// Validate implements options.
func (o *listOptions) Validate() error {
	if len(o.names) > 0 && (o.all || o.selector != "") {
		return fmt.Errorf("names go neither with --all-namespaces nor with --selector")
	}
	return o.validate()
}

// Run implements options.
func (o *listOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	ask := func() *rest.Request {
		return api.RESTClient().Get().Resource(o.kind.resource).NamespaceIfScoped(o.namespaceAsked, o.namespaceAsked != "")
	}
	if o.forPeople() {
		return o.tables(ctx, ask)
	}
	return o.objects(ctx, ask)
}

// tables prints the tables that the server makes.
func (o *listOptions) tables(ctx context.Context, ask func() *rest.Request) error {
	all := &metav1.Table{}
	add := func(request *rest.Request) (string, error) {
		part := &metav1.Table{}
		if err := request.SetHeader("Accept", asTable).Do(ctx).Into(part); err != nil {
			return "", err
		}
		if len(all.ColumnDefinitions) == 0 {
			all.ColumnDefinitions = part.ColumnDefinitions
		}
		all.Rows = append(all.Rows, part.Rows...)
		return part.Continue, nil
	}
	if err := o.each(ask, add); err != nil {
		return err
	}
	if len(all.Rows) == 0 {
		fmt.Fprintf(o.ErrOut, "No %s found.\n", o.kind.plural)
		return nil
	}
	if o.all {
		return o.printEverywhere(all)
	}
	return o.printTable(all, o.Out)
}

// objects prints one object by itself, and several as a list.
func (o *listOptions) objects(ctx context.Context, ask func() *rest.Request) error {
	list := o.kind.list()
	var found []runtime.Object
	add := func(request *rest.Request) (string, error) {
		if len(o.names) > 0 {
			object := o.kind.object()
			found = append(found, object)
			return "", request.Do(ctx).Into(object)
		}
		part := o.kind.list()
		if err := request.Do(ctx).Into(part); err != nil {
			return "", err
		}
		items, err := meta.ExtractList(part)
		if err != nil {
			return "", fmt.Errorf("reading a list of %s: %w", o.kind.plural, err)
		}
		found = append(found, items...)
		return part.(metav1.ListInterface).GetContinue(), nil
	}
	if err := o.each(ask, add); err != nil {
		return err
	}
	if len(o.names) == 1 {
		return o.print(found[0], o.Out)
	}
	if err := meta.SetList(list, found); err != nil {
		return fmt.Errorf("making a list of %s: %w", o.kind.plural, err)
	}
	return o.print(list, o.Out)
}

// each asks for every name, or for every page of the list.
func (o *listOptions) each(ask func() *rest.Request, add func(*rest.Request) (next string, err error)) error {
	for _, name := range o.names {
		if _, err := add(ask().Name(name)); err != nil {
			return err
		}
	}
	if len(o.names) > 0 {
		return nil
	}
	options := metav1.ListOptions{LabelSelector: o.selector, Limit: page}
	for {
		next, err := add(ask().VersionedParams(&options, scheme.ParameterCodec))
		if err != nil || next == "" {
			return err
		}
		options.Continue = next
	}
}

// printEverywhere adds columns for the tenant and the project of each row.
func (o *listOptions) printEverywhere(table *metav1.Table) error {
	columns := []metav1.TableColumnDefinition{{Name: "Tenant", Type: "string"}}
	if o.kind.scope == inProject {
		columns = append(columns, metav1.TableColumnDefinition{Name: "Project", Type: "string"})
	}
	table.ColumnDefinitions = append(columns, table.ColumnDefinitions...)
	for i := range table.Rows {
		object := &metav1.PartialObjectMetadata{}
		if err := runtime.DecodeInto(scheme.Codecs.UniversalDecoder(), table.Rows[i].Object.Raw, object); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		tenant, project, _ := v1alpha1.SplitNamespace(object.Namespace)
		place := []any{tenant, project}[:len(columns)]
		table.Rows[i].Cells = append(place, table.Rows[i].Cells...)
	}
	return o.printTable(table, o.Out)
}
