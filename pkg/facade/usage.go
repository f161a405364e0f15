package facade

import (
	"errors"
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

	From     *time.Time    `json:"from,omitempty"`
	Samples  *int64        `json:"samples,omitempty"`
	Coverage *float64      `json:"coverage,omitempty"`
	Average  *usageAverage `json:"average,omitempty"`
	Peak     *usagePeak    `json:"peak,omitempty"`
}

// usageAverage and usagePeak are those of the samples in a window.
type usageAverage struct {
	CPU    string  `json:"cpu"`
	Memory string  `json:"memory"`
	Pods   float64 `json:"pods"`
}

type usagePeak struct {
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
	Pods   int64  `json:"pods"`
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
	return c.usageOver(window, "tenants", tenant)
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
	return c.usageOver(window, "projects", project)
}

// usageOver answers with the usage of a tenant or a project, in the form that is
// asked for.
func (c *call) usageOver(window, resource string, object metav1.Object) (reply, error) {
	asCSV, err := c.wantsCSV()
	if err != nil {
		return reply{}, err
	}
	var found v1alpha1.Usage
	request := c.api.RESTClient().Get().Resource(resource).Name(object.GetName()).SubResource("usage").
		NamespaceIfScoped(object.GetNamespace(), object.GetNamespace() != "").Param("range", window)
	if asCSV {
		request = request.Param("series", "true")
	}
	status, err := c.usageOr(&found, request.Do(c.ctx()).Into(&found))
	if err != nil {
		return reply{}, err
	}
	if asCSV {
		return usageCSV(tenantOf(object), status)
	}
	return reply{body: c.fromUsage(window, status)}, nil
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
	var status apierrors.APIStatus
	if errors.As(err, &status) && isClusterAway(status.Status()) {
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
	if status.History != nil {
		out.addHistory(status.History)
	}
	return out
}

func (u *usage) addHistory(h *v1alpha1.UsageWindow) {
	from, coverage := h.From.UTC(), float64(h.CoveredPercent)/100
	u.From, u.Samples, u.Coverage = &from, &h.Samples, &coverage
	if h.Samples == 0 {
		return
	}
	average, peak := fromAmounts(h.Average), fromAmounts(h.Peak)
	averagePods, peakPods := h.Average["pods"], h.Peak["pods"]
	u.Average = &usageAverage{CPU: average["cpu"], Memory: average["memory"], Pods: averagePods.AsApproximateFloat64()}
	u.Peak = &usagePeak{CPU: peak["cpu"], Memory: peak["memory"], Pods: peakPods.Value()}
}

func fromSummary(status v1alpha1.UsageStatus) tenantSummary {
	return tenantSummary{
		Namespaces: append([]string{}, status.Namespaces...),
		Quotas:     fromAmounts(status.Quotas), Usages: fromAmounts(status.Used),
		Source: status.Source, AsOf: fromTime(status.AsOf),
	}
}
