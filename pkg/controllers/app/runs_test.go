package app

import (
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

func TestRecordRun(t *testing.T) {
	app := &v1alpha1.App{}
	run := func(revision int64, phase v1alpha1.WorkflowRunPhase) v1alpha1.WorkflowRun {
		return v1alpha1.WorkflowRun{ID: fmt.Sprintf("u%d", revision), Revision: revision, Phase: phase}
	}
	kept := func(numbers ...int64) (out []numbered) {
		for _, n := range numbers {
			uid := types.UID(fmt.Sprintf("u%d", n))
			out = append(out, numbered{metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{UID: uid}}, n})
		}
		return out
	}
	got := func() (out []string) {
		for _, r := range app.Status.WorkflowRuns {
			out = append(out, fmt.Sprintf("%d %s", r.Revision, r.Phase))
		}
		return out
	}
	steps := []struct {
		run  v1alpha1.WorkflowRun
		kept []numbered
		want []string
	}{
		{run(1, v1alpha1.WorkflowPending), kept(1), []string{"1 Pending"}},
		{run(1, v1alpha1.WorkflowRunning), kept(1), []string{"1 Running"}},
		{run(1, v1alpha1.WorkflowSucceeded), kept(1), []string{"1 Succeeded"}},
		{run(1, v1alpha1.WorkflowRunning), kept(1), []string{"1 Succeeded"}}, // published again after a suspension
		{run(2, v1alpha1.WorkflowRunning), kept(2, 1), []string{"2 Running", "1 Succeeded"}},
		{run(4, v1alpha1.WorkflowPending), kept(4, 3, 2), []string{"4 Pending", "3 Superseded", "2 Superseded", "1 Succeeded"}},
		{run(4, v1alpha1.WorkflowFailed), kept(4), []string{"4 Failed", "3 Superseded", "2 Superseded", "1 Succeeded"}},
	}
	for _, s := range steps {
		if recordRun(app, s.run, s.kept); !slices.Equal(got(), s.want) {
			t.Errorf("got %v, want %v", got(), s.want)
		}
	}
	for n := int64(5); n < 40; n++ {
		recordRun(app, run(n, v1alpha1.WorkflowSucceeded), kept(n))
	}
	if runs := got(); len(runs) != maxRuns || runs[0] != "39 Succeeded" || runs[maxRuns-1] != "20 Succeeded" {
		t.Errorf("got %v", runs)
	}
}
