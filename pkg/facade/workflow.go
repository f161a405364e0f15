package facade

import (
	"net/http"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// workflowRun is the REST form of a run of an app's delivery workflow.
type workflowRun struct {
	ID         string     `json:"id"`
	App        string     `json:"app"`
	Revision   int64      `json:"revision"`
	Status     string     `json:"status"`
	StartedAt  *time.Time `json:"startedAt,omitempty"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
	Message    string     `json:"message,omitempty"`
}

func fromRun(app string, run v1alpha1.WorkflowRun) workflowRun {
	return workflowRun{
		ID: run.ID, App: app, Revision: run.Revision, Status: string(run.Phase),
		StartedAt: fromTime(run.StartedAt), FinishedAt: fromTime(run.FinishedAt), Message: run.Message,
	}
}

func fromTime(at *metav1.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}

// runWorkflow delivers what an app runs once more.
func runWorkflow(c *call) (reply, error) {
	if err := c.decodeNothing(); err != nil {
		return reply{}, err
	}
	found, err := c.app()
	if err != nil {
		return reply{}, err
	}
	_, err = c.api.Apps(found.Namespace).RunWorkflow(c.ctx(), found.Name, &v1alpha1.AppWorkflow{ObjectMeta: only(found)}, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	return accepted(found), nil
}

// listRuns lists the runs of an app, the newest first.
func listRuns(c *call) (reply, error) {
	h, err := c.history()
	if err != nil {
		return reply{}, err
	}
	page, cursor := pageBelow(runsOf(h.app, h.revisions), func(r v1alpha1.WorkflowRun) int64 { return r.Revision }, h.query.limit, h.after)
	return listReply(page, cursor, func(r v1alpha1.WorkflowRun) workflowRun { return fromRun(h.app.Name, r) }), nil
}

// runsOf returns the runs in an app's status, and before them those of revisions
// that the status does not know yet.
func runsOf(a *v1alpha1.App, revisions []*v1alpha1.AppRevision) (runs []v1alpha1.WorkflowRun) {
	known := int64(0)
	if len(a.Status.WorkflowRuns) > 0 {
		known = a.Status.WorkflowRuns[0].Revision
	}
	for _, r := range revisions {
		if r.Spec.Revision > max(known, a.Status.Revision) {
			runs = append(runs, pendingRun(r))
		}
	}
	return append(runs, a.Status.WorkflowRuns...)
}

func pendingRun(r *v1alpha1.AppRevision) v1alpha1.WorkflowRun {
	return v1alpha1.WorkflowRun{ID: string(r.UID), Revision: r.Spec.Revision, Phase: v1alpha1.WorkflowPending}
}

// getRun returns one run of any app of the path's project. The id is that of the
// revision that was delivered; one that is no longer kept is looked for in what
// the apps remember.
func getRun(c *call) (reply, error) {
	namespace, err := c.projectNamespace()
	if err != nil {
		return reply{}, err
	}
	id := c.param("run")
	if !v1alpha1.IsUUID(id) {
		return reply{}, missingRun(id)
	}
	delivered, err := c.revisions(namespace).find(c.ctx(), id)
	switch {
	case err != nil && translate(err).status == http.StatusNotFound:
		return c.forgottenRun(namespace, id)
	case err != nil:
		return reply{}, err
	}
	found, err := c.apps(namespace).find(c.ctx(), delivered.Spec.App)
	if err != nil {
		return reply{}, err
	}
	if run, ok := runIn(found, id); ok {
		return reply{body: fromRun(found.Name, run)}, nil
	}
	return reply{body: fromRun(found.Name, pendingRun(delivered))}, nil
}

func (c *call) forgottenRun(namespace, id string) (reply, error) {
	apps, err := c.apps(namespace).all(c.ctx(), metav1.ListOptions{})
	if err != nil {
		return reply{}, err
	}
	for _, a := range apps {
		if run, ok := runIn(a, id); ok {
			return reply{body: fromRun(a.Name, run)}, nil
		}
	}
	return reply{}, missingRun(id)
}

func missingRun(id string) error { return notFound("there is no workflow run %q here", id) }

func runIn(a *v1alpha1.App, id string) (v1alpha1.WorkflowRun, bool) {
	at := slices.IndexFunc(a.Status.WorkflowRuns, func(r v1alpha1.WorkflowRun) bool { return r.ID == id })
	if at < 0 {
		return v1alpha1.WorkflowRun{}, false
	}
	return a.Status.WorkflowRuns[at], true
}
