package facade

import (
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// usage is what a tenant or a project uses. Without numbers, source says why.
type usage struct {
	Window string               `json:"window"`
	CPU    string               `json:"cpu,omitempty"`
	Memory string               `json:"memory,omitempty"`
	Pods   *int64               `json:"pods,omitempty"`
	Source v1alpha1.UsageSource `json:"source"`
	AsOf   *time.Time           `json:"asOf,omitempty"`
}

// tenantSummary is what a tenant has and uses.
type tenantSummary struct {
	Namespaces []string             `json:"namespaces"`
	Quotas     amounts              `json:"quotas"`
	Usages     amounts              `json:"usages"`
	Source     v1alpha1.UsageSource `json:"source"`
	AsOf       *time.Time           `json:"asOf,omitempty"`
}

// windows are the ranges that usage is told over.
func windows() []string { return []string{"1h", "24h", "7d", "30d"} }

func getTenantUsage(c *call) (reply, error) {
	window, err := c.window()
	if err != nil {
		return reply{}, err
	}
	tenant, err := c.tenants().find(c.ctx(), c.param("tenant"))
	if err != nil {
		return reply{}, err
	}
	status, err := c.usageOr(c.api.Tenants().GetUsage(c.ctx(), tenant.Name, metav1.GetOptions{}))
	return reply{body: c.fromUsage(window, status)}, err
}

func getProjectUsage(c *call) (reply, error) {
	window, err := c.window()
	if err != nil {
		return reply{}, err
	}
	// Names of projects are those of their tenants: here only a uid says which.
	projects := c.projects("")
	if !v1alpha1.IsUUID(c.param("project")) {
		return reply{}, projects.missing(c.param("project"))
	}
	project, err := projects.find(c.ctx(), c.param("project"))
	if err != nil {
		return reply{}, err
	}
	status, err := c.usageOr(c.api.Projects(project.Namespace).GetUsage(c.ctx(), project.Name, metav1.GetOptions{}))
	return reply{body: c.fromUsage(window, status)}, err
}

func getSummary(c *call) (reply, error) {
	tenant, err := c.tenant()
	if err != nil {
		return reply{}, err
	}
	status, err := c.usageOr(c.api.Tenants().GetUsage(c.ctx(), tenant.Name, metav1.GetOptions{}))
	if err != nil {
		return reply{}, err
	}
	if status.Source == v1alpha1.UsageUnavailable {
		status.Quotas = tenant.Status.Quotas
	}
	return reply{body: fromSummary(status)}, nil
}

// usageOr makes an answer without numbers of a cluster that cannot be asked.
func (c *call) usageOr(found *v1alpha1.Usage, err error) (v1alpha1.UsageStatus, error) {
	if apierrors.IsServiceUnavailable(err) {
		return v1alpha1.UsageStatus{Source: v1alpha1.UsageUnavailable}, nil
	}
	if err != nil {
		return v1alpha1.UsageStatus{}, err
	}
	return found.Status, nil
}

// window is the range that the query names.
func (c *call) window() (string, error) {
	window := c.query.Get("range")
	if !c.query.Has("range") {
		return "24h", nil
	}
	if !slices.Contains(windows(), window) {
		return "", invalid(field.NotSupported(field.NewPath("range"), window, windows()))
	}
	return window, nil
}

// fromUsage writes a usage. A server that shows examples has some where no
// cluster has numbers, and says so.
func (c *call) fromUsage(window string, status v1alpha1.UsageStatus) usage {
	if status.Source == v1alpha1.UsageUnavailable && c.config.ExampleUsage {
		return usage{Window: window, CPU: "2", Memory: "4Gi", Pods: new(int64(12)), Source: v1alpha1.UsageStub}
	}
	out := usage{Window: window, Source: status.Source, AsOf: fromTime(status.AsOf)}
	for name, amount := range status.Used {
		switch name {
		case "cpu":
			out.CPU = amount.String()
		case "memory":
			out.Memory = amount.String()
		case "pods":
			out.Pods = new(amount.Value())
		}
	}
	return out
}

func fromSummary(status v1alpha1.UsageStatus) tenantSummary {
	return tenantSummary{
		Namespaces: append([]string{}, status.Namespaces...),
		Quotas:     fromAmounts(status.Quotas), Usages: fromAmounts(status.Used),
		Source: status.Source, AsOf: fromTime(status.AsOf),
	}
}
