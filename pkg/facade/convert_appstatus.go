package facade

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// appStatus is the REST form of an app's status.
type appStatus struct {
	Phase      string      `json:"phase"`
	Healthy    bool        `json:"healthy"`
	Conditions []condition `json:"conditions"`
	// LastUpdated is when a condition last changed; absent before the first.
	LastUpdated *time.Time        `json:"lastUpdated,omitempty"`
	Revision    int64             `json:"revision"`
	Components  []componentStatus `json:"components"`
}

type componentStatus struct {
	Name    string `json:"name"`
	Healthy bool   `json:"healthy"`
	Message string `json:"message,omitempty"`
}

// fromAppStatus takes the number of the app's newest revision. A status that
// says Running of an older one is behind: the app is being deployed, so that
// whoever deploys and then waits for Running does not see the run before.
func fromAppStatus(a *v1alpha1.App, newest int64) appStatus {
	status := a.Status
	out := appStatus{
		Phase: string(status.Phase), Healthy: status.Healthy, Revision: status.Revision,
		Conditions: fromConditions(status.Conditions), Components: make([]componentStatus, 0, len(status.Components)),
	}
	switch {
	case status.Phase == "":
		out.Phase = string(v1alpha1.AppPending)
	case status.Phase == v1alpha1.AppRunning && newest > status.Revision:
		out.Phase = string(v1alpha1.AppDeploying)
	}
	for _, c := range out.Conditions {
		if out.LastUpdated == nil || c.LastTransitionTime.After(*out.LastUpdated) {
			out.LastUpdated = &c.LastTransitionTime
		}
	}
	for _, c := range status.Components {
		out.Components = append(out.Components, componentStatus{Name: c.Name, Healthy: c.Healthy, Message: c.Message})
	}
	return out
}

// revision is the REST form of an AppRevision.
type revision struct {
	Revision  int64     `json:"revision"`
	CreatedAt time.Time `json:"createdAt"`
	Summary   string    `json:"summary"`
}

func fromRevision(r *v1alpha1.AppRevision) revision {
	return revision{Revision: r.Spec.Revision, CreatedAt: r.CreationTimestamp.UTC(), Summary: rollbackOf(r) + summary(r.Spec.Rendered)}
}

func rollbackOf(r *v1alpha1.AppRevision) string {
	if r.Spec.RollbackOf == 0 {
		return ""
	}
	return fmt.Sprintf("rollback to revision %d: ", r.Spec.RollbackOf)
}

// summarized is how many components a summary names.
const summarized = 5

// summary says in a line what a revision runs, as in "web: webservice nginx:1.25; db: worker".
func summary(rendered v1alpha1.RenderedApp) string {
	if len(rendered.Components) == 0 {
		return "no components"
	}
	var parts []string
	for i, c := range rendered.Components {
		if i == summarized {
			parts = append(parts, fmt.Sprintf("and %d more", len(rendered.Components)-summarized))
			break
		}
		part := c.Name + ": " + c.Type
		if properties, ok := fromProperties(c.Properties).(map[string]any); ok {
			if image, ok := properties["image"].(string); ok {
				part += " " + image
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// renderedRevision is what a deploy would make: the answer to its dry run.
type renderedRevision struct {
	Revision   int64       `json:"revision"`
	Components []component `json:"components"`
	Policies   []policy    `json:"policies"`
}

func fromDeploy(status v1alpha1.AppDeployStatus) renderedRevision {
	out := renderedRevision{Revision: status.Revision, Components: []component{}, Policies: []policy{}}
	if status.Rendered != nil {
		out.Components = fromComponents(status.Rendered.Components)
		out.Policies = fromPolicies(status.Rendered.Policies)
	}
	return out
}
