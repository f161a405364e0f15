package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/usage"
)

const outputCSV = "csv"

// usageOptions are those of the command usage.
type usageOptions struct {
	*session
	output
	// span is the range of time.
	span         string
	whole        bool
	resource     string
	namespace    string
	name, tenant string
}

func (s *session) usageCommand() *cobra.Command {
	o := &usageOptions{session: s}
	command := runs(&cobra.Command{
		Use:   "usage",
		Short: "Show what a tenant or a project uses, and has used over time",
		Example: `  kubectl kubenova usage -t acme
  kubectl kubenova usage -t acme -p web --range 7d
  kubectl kubenova usage -t acme --range 30d -o csv > acme.csv`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}, o)
	o.output = newOutput(command, "", outputCSV)
	command.Flags().StringVar(&o.span, "range", "24h", "range of time: "+strings.Join(usage.Ranges(), ", "))
	command.Flags().BoolVar(&o.whole, "whole-tenant", false, "that of the tenant, also when the context names a project")
	completeFlag(command, "range", fixed(usage.Ranges()...))
	return command
}

// Complete implements options.
func (o *usageOptions) Complete([]string) error {
	tenant, project, err := o.place()
	switch {
	case err != nil:
		return err
	case tenant == "":
		return missing("tenant")
	}
	o.resource, o.name, o.tenant = tenants().resource, tenant, tenant
	if project != "" && !o.whole {
		o.resource, o.name, o.namespace = projects().resource, project, v1alpha1.TenantNamespace(tenant)
	}
	return nil
}

// Validate implements options.
func (o *usageOptions) Validate() error {
	if !slices.Contains(usage.Ranges(), o.span) {
		return fmt.Errorf("--range: %q is none of %s", o.span, strings.Join(usage.Ranges(), ", "))
	}
	return o.validate()
}

// Run implements options.
func (o *usageOptions) Run(ctx context.Context) error {
	api, err := o.client()
	if err != nil {
		return err
	}
	request := api.RESTClient().Get().Resource(o.resource).Name(o.name).SubResource("usage").
		NamespaceIfScoped(o.namespace, o.namespace != "").Param("range", o.span)
	if o.format() == outputCSV {
		request = request.Param("series", "true")
	}
	found := &v1alpha1.Usage{}
	if err := request.Do(ctx).Into(found); err != nil {
		return err
	}
	switch {
	case o.format() == outputCSV:
		return usage.WriteCSV(o.Out, o.tenant, found.Status.History)
	case o.forPeople():
		return o.describe(found.Status)
	}
	return o.print(found, o.Out)
}

// describe writes a line for each resource, and how well the numbers are known.
func (o *usageOptions) describe(status v1alpha1.UsageStatus) error {
	if err := o.printTable(usageTable(status), o.Out); err != nil {
		return err
	}
	known := "Now: " + string(status.Source)
	if status.AsOf != nil && status.Source != v1alpha1.UsageLive {
		known += fmt.Sprintf(", as of %s ago", age(*status.AsOf))
	}
	if h := status.History; h != nil {
		known += fmt.Sprintf(". Over %s: %d samples, which cover %d%%", o.span, h.Samples, h.CoveredPercent)
	}
	_, err := fmt.Fprintf(o.Out, "\n%s.\n", known)
	return err
}

// usageTable has a row for each resource that is used or bounded.
func usageTable(status v1alpha1.UsageStatus) *metav1.Table {
	var average, peak v1alpha1.ResourceAmounts
	if status.History != nil {
		average, peak = status.History.Average, status.History.Peak
	}
	out := tableOf("Resource", "Used", "Quota", "Of quota", "Average", "Peak")
	var names []string
	for _, amounts := range []v1alpha1.ResourceAmounts{status.Used, status.Quotas, average, peak} {
		names = slices.AppendSeq(names, maps.Keys(amounts))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		out.Rows = append(out.Rows, metav1.TableRow{Cells: []any{
			name, amountCell(status.Used, name), amountCell(status.Quotas, name), partCell(status, name),
			amountCell(average, name), amountCell(peak, name),
		}})
	}
	return out
}

func amountCell(of v1alpha1.ResourceAmounts, name string) string {
	quantity, found := of[name]
	if !found {
		return "-"
	}
	return readable(name, quantity)
}

// readable writes an amount of bytes in the largest unit that leaves two digits,
// and all others as they are.
func readable(name string, quantity resource.Quantity) string {
	bytes := quantity.Value()
	if !strings.Contains(name, "memory") && !strings.Contains(name, "storage") || bytes < 10*1024 {
		return quantity.String()
	}
	units := []string{"", "Ki", "Mi", "Gi", "Ti", "Pi"}
	unit := 0
	for bytes >= 10*1024 && unit < len(units)-1 {
		bytes, unit = (bytes+512)/1024, unit+1
	}
	return fmt.Sprintf("%d%s", bytes, units[unit])
}

// partCell says how much of the quota is in use.
func partCell(status v1alpha1.UsageStatus, name string) string {
	used, isUsed := status.Used[name]
	quota, isBounded := status.Quotas[name]
	if !isUsed || !isBounded || quota.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*used.AsApproximateFloat64()/quota.AsApproximateFloat64())
}
