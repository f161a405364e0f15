package clusters

import (
	"net/http"
	"regexp"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// absenceHolds is for how long a webhook counts as away after a write that it was
// not there for. Those who wait for it write more often than that.
const absenceHolds = 2 * time.Minute

// serverTimeout is the time that a write asks the API server to give up after: less
// than callTimeout, so that it says so itself while a webhook hangs.
const serverTimeout = "12s"

var (
	capsuleHooks = regexp.MustCompile(`projectcapsule\.dev|capsule`)
	velaHooks    = regexp.MustCompile(`oam[.-]dev|vela`)
)

// absences are the webhooks of Capsule and of KubeVela that were not there for a
// write. A probe does not find them: it writes nothing.
type absences struct {
	mu                sync.Mutex
	tenancy, delivery absence
}

type absence struct {
	message string
	at      time.Time
}

// note takes in how a write of a kind went, and says whether that is news. What
// is refused by a webhook has reached it.
func (a *absences) note(kind Kind, err error, now time.Time) bool {
	refusal, refused := RefusalOf(err)
	if err != nil && !refused {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	of := a.of(kind, refusal.Webhook)
	if of == nil {
		return false
	}
	former := *of
	switch {
	case refusal.Reason == ReasonWebhookUnavailable:
		*of = absence{refusal.Message, now}
	case err == nil || refusal.Reason == ReasonRefused:
		*of = absence{}
	}
	return former.message != of.message
}

// of returns whose a webhook is; without one, whose webhooks judge a kind.
func (a *absences) of(kind Kind, webhook string) *absence {
	switch {
	case capsuleHooks.MatchString(webhook):
		return &a.tenancy
	case velaHooks.MatchString(webhook):
		return &a.delivery
	case webhook != "":
		return nil
	}
	switch kind {
	case CapsuleTenant, TenantOwner, Namespace:
		return &a.tenancy
	case Application:
		return &a.delivery
	}
	return nil
}

// with adds what writes have found to what a probe did.
func (a *absences) with(found Health, now time.Time) Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	found.Tenancy = found.Tenancy.missing(a.tenancy, now)
	found.AppDelivery = found.AppDelivery.missing(a.delivery, now)
	return found
}

func (p Part) missing(a absence, now time.Time) Part {
	if p.ok() && a.message != "" && now.Sub(a.at) < absenceHolds {
		p.Finding = Finding{metav1.ConditionFalse, ReasonWebhookUnavailable, a.message}
	}
	return p
}

// note has the next probe come at once when a write has found a webhook away, or
// back again.
func (t *Target) note(kind Kind, err error) {
	if t.absences.note(kind, err, time.Now()) {
		t.probeSoon()
	}
}

// boundedWrites asks the API server to give up on writes in time.
type boundedWrites struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b boundedWrites) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet {
		return b.next.RoundTrip(request)
	}
	bounded := request.Clone(request.Context())
	query := bounded.URL.Query()
	query.Set("timeout", serverTimeout)
	bounded.URL.RawQuery = query.Encode()
	return b.next.RoundTrip(bounded)
}

// WrappedRoundTripper lets client-go find the pool behind.
func (b boundedWrites) WrappedRoundTripper() http.RoundTripper { return b.next }
