package base_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

// TestExplainIsSteady has the same refusal explained twice: a condition that
// changes with each attempt makes the next one start at once.
func TestExplainIsSteady(t *testing.T) {
	refusal := func(uid string) string {
		return "admission webhook denied the request: trait definition of x not found.  (requestUID=" + uid + "): really"
	}
	first, second := refusal("d678ab06-2330-44e7-b6c0-b46d93fbfe50"), refusal("634ff0a6-985a-4e05-8983-7109e5b45504")
	for _, errs := range [][2]error{
		{errors.New(first), errors.New(second)},
		{&base.Blocked{Reason: "Forbidden", Message: first}, &base.Blocked{Reason: "Forbidden", Message: second}},
	} {
		_, _, one := base.Explain(errs[0])
		_, _, other := base.Explain(errs[1])
		if one != other || !strings.HasSuffix(one, "trait definition of x not found.: really") {
			t.Errorf("explained as %q and as %q", one, other)
		}
	}
}

// TestBusyClustersAreNotReported has a cluster work that merely has to be waited for:
// a condition for that would be written for each of its tenants.
func TestBusyClustersAreNotReported(t *testing.T) {
	for reason, want := range map[string]int{clusters.ReasonBusy: 0, "Timeout": 1} {
		var status v1alpha1.ConditionedStatus
		result, err := base.Report(&status, 1, &clusters.UnavailableError{Cluster: "c", Reason: reason, Soon: true})
		if err != nil || result.RequeueAfter == 0 || len(status.Conditions) != want {
			t.Errorf("%s: %v, tried again in %s: %v", reason, status.Conditions, result.RequeueAfter, err)
		}
		base.ReportDeletion(&status, 1, &clusters.UnavailableError{Reason: clusters.ReasonBusy}, time.Now())
		if len(status.Conditions) != want {
			t.Errorf("%s: %v", reason, status.Conditions)
		}
	}
}
