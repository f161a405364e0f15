package cluster

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/controllers/base"
)

func TestCredentialsFinding(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	accepted := clusters.Finding{Status: metav1.ConditionTrue, Reason: "Accepted"}
	refused := clusters.Finding{Status: metav1.ConditionFalse, Reason: "Unauthorized"}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		found   clusters.Finding
		expires time.Time
		reason  string
		again   time.Duration
	}{
		"never":                      {accepted, time.Time{}, "Accepted", 0},
		"in a month":                 {accepted, now.Add(30 * day), "Accepted", 23*day + time.Second},
		"in a week and a bit":        {accepted, now.Add(7*day + time.Minute), "Accepted", time.Minute + time.Second},
		"in a week":                  {accepted, now.Add(7 * day), "Expiring", 7*day + time.Second},
		"in an hour":                 {accepted, now.Add(time.Hour), "Expiring", time.Hour + time.Second},
		"expired and refused":        {refused, now.Add(-time.Hour), "Expired", 0},
		"refused before it expires":  {refused, now.Add(time.Hour), "Unauthorized", time.Hour + time.Second},
		"expired and still accepted": {accepted, now.Add(-time.Hour), "Expiring", 0},
	} {
		warn := c.expires.Add(-warnAhead)
		got := credentialsFinding(c.found, now, c.expires, warn)
		if got.Reason != c.reason || got.Status != c.found.Status {
			t.Errorf("%s: %+v, want %s", name, got, c.reason)
		}
		if strings.HasPrefix(c.reason, "Expir") && !strings.Contains(got.Message, "write a new kubeconfig") {
			t.Errorf("%s: %q does not say what to do", name, got.Message)
		}
		if again := untilWarning(now, c.expires, warn); again != c.again {
			t.Errorf("%s: looks again after %s, want %s", name, again, c.again)
		}
	}
}

// TestExpiryIsToldOnce sees the Event of credentials that expire soon.
func TestExpiryIsToldOnce(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		expires time.Time
		said    string // the reason of CredentialsValid so far
		want    bool
	}{
		"never":                  {time.Time{}, "Accepted", false},
		"in eight days":          {now.Add(8 * day), "Accepted", false},
		"in six days":            {now.Add(6 * day), "Accepted", true},
		"in six days, told":      {now.Add(6 * day), reasonExpiring, false},
		"gone":                   {now.Add(-day), "Unauthorized", true},
		"gone, told":             {now.Add(-day), reasonExpired, false},
		"in six days, and fresh": {now.Add(6 * day), "", true},
	} {
		recorder := events.NewFakeRecorder(2)
		r := &Reconciler{Recorder: base.RecorderOf(recorder), Clock: clocktesting.NewFakePassiveClock(now)}
		cluster := &v1alpha1.Cluster{}
		if c.said != "" {
			cluster.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ClusterCredentialsValid, Reason: c.said}}
		}
		r.warn(cluster, c.expires, c.expires.Add(-warnAhead))
		close(recorder.Events)
		event, told := <-recorder.Events
		if told != c.want || told && !strings.HasPrefix(event, "Warning CredentialsExpiring ") || told && !strings.Contains(event, c.expires.Format(time.RFC3339)) {
			t.Errorf("%s: %t %q, want %t", name, told, event, c.want)
		}
	}
}
