package app

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// maxRuns is how many workflow runs a status holds.
const maxRuns = 20

// recordRun puts a run into the status of an app. A run that has ended stays as
// it ended: publishing its revision again, after a suspension, is none. Runs of
// revisions that a newer one overtook are Superseded.
func recordRun(app *v1alpha1.App, run v1alpha1.WorkflowRun, revisions []numbered) {
	runs := map[types.UID]v1alpha1.WorkflowRun{}
	for _, known := range app.Status.WorkflowRuns {
		if known.Revision < run.Revision && !ended(known) {
			known.Phase = v1alpha1.WorkflowSuperseded
		}
		runs[types.UID(known.ID)] = known
	}
	for _, r := range revisions {
		if _, known := runs[r.UID]; !known && r.number < run.Revision {
			runs[r.UID] = v1alpha1.WorkflowRun{ID: string(r.UID), Revision: r.number, Phase: v1alpha1.WorkflowSuperseded}
		}
	}
	if known, found := runs[types.UID(run.ID)]; !found || !ended(known) {
		runs[types.UID(run.ID)] = run
	}
	out := make([]v1alpha1.WorkflowRun, 0, len(runs))
	for _, run := range runs {
		out = append(out, run)
	}
	slices.SortFunc(out, func(a, b v1alpha1.WorkflowRun) int {
		return cmp.Or(cmp.Compare(b.Revision, a.Revision), cmp.Compare(a.ID, b.ID))
	})
	app.Status.WorkflowRuns = out[:min(len(out), maxRuns)]
}

func ended(run v1alpha1.WorkflowRun) bool {
	switch run.Phase {
	case v1alpha1.WorkflowSucceeded, v1alpha1.WorkflowFailed, v1alpha1.WorkflowSuperseded:
		return true
	}
	return false
}
