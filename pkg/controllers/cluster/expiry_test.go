package cluster

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/clusters"
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
		got := credentialsFinding(c.found, now, c.expires)
		if got.Reason != c.reason || got.Status != c.found.Status {
			t.Errorf("%s: %+v, want %s", name, got, c.reason)
		}
		if strings.HasPrefix(c.reason, "Expir") && !strings.Contains(got.Message, "write a new kubeconfig") {
			t.Errorf("%s: %q does not say what to do", name, got.Message)
		}
		if again := untilWarning(now, c.expires); again != c.again {
			t.Errorf("%s: looks again after %s, want %s", name, again, c.again)
		}
	}
}
