package clusters

import (
	"errors"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reasons of a Refusal.
const (
	// ReasonWebhookUnavailable is that of a write that an admission webhook was not
	// there to judge.
	ReasonWebhookUnavailable = "WebhookUnavailable"
	// ReasonRefused is that of a write that an admission webhook refused.
	ReasonRefused = "Refused"
	// ReasonQuotaExceeded is that of one for which a quota on the cluster has no room.
	ReasonQuotaExceeded = "QuotaExceeded"
	// ReasonCredentialsForbidden is that of one that the credentials do not allow.
	ReasonCredentialsForbidden = "CredentialsForbidden"
	// ReasonKindNotServed is that of one of a kind that the cluster does not have.
	ReasonKindNotServed = "KindNotServed"
	// ReasonInvalid is that of one whose fields the cluster does not take.
	ReasonInvalid = "Invalid"
	// ReasonTimedOut is that of one that the API server did not get done.
	ReasonTimedOut = "TimedOut"
)

// Refusal is why a cluster did not do what it was asked for, where a person can do
// something about it.
type Refusal struct {
	// Reason is a word for machines, Message a sentence for people that is the same
	// from one attempt to the next and holds no address.
	Reason, Message string
	// Webhook that refused, or that is away; empty for none.
	Webhook string
}

var (
	webhookAway    = regexp.MustCompile(`failed calling webhook "([^"]+)"(?:: (?s:(.*)))?`)
	webhookRefuses = regexp.MustCompile(`admission webhook "([^"]+)" denied the request(?:: (?s:(.*))| without explanation)`)
	rightLacking   = regexp.MustCompile(`User "[^"]*" cannot (\S+) resource "([^"]+)" in API group "([^"]*)"`)
)

// RefusalOf tells from the answer of a cluster why it refuses. It is false of an
// error that is none of these, such as a conflict. Of what is no Answer, but comes
// from the host cluster, it tells what webhooks do.
func RefusalOf(err error) (Refusal, bool) {
	var answer *Answer
	var said apierrors.APIStatus
	if !errors.As(err, &said) {
		return Refusal{}, false
	}
	onTarget, where := errors.As(err, &answer), " of the cluster"
	if !onTarget {
		where = " of the host cluster"
	}
	status := said.Status()
	text := status.Message
	if found := webhookAway.FindStringSubmatch(text); found != nil {
		return Refusal{ReasonWebhookUnavailable, awayMessage(found[1], where, found[2]), found[1]}, true
	}
	if found := webhookRefuses.FindStringSubmatch(text); found != nil {
		return Refusal{ReasonRefused, refusedMessage(found[1], where, found[2]), found[1]}, true
	}
	if !onTarget {
		return Refusal{}, false
	}
	return statusRefusal(status)
}

// statusRefusal tells what is told by the API server itself.
func statusRefusal(status metav1.Status) (Refusal, bool) {
	text := status.Message
	switch {
	case status.Reason == metav1.StatusReasonForbidden && strings.Contains(text, "exceeded quota"):
		return Refusal{Reason: ReasonQuotaExceeded, Message: "A quota on the cluster has no room: " + text}, true
	case status.Reason == metav1.StatusReasonForbidden:
		return Refusal{Reason: ReasonCredentialsForbidden, Message: forbiddenMessage(text)}, true
	case status.Reason == metav1.StatusReasonNotFound && strings.Contains(text, "could not find the requested resource"):
		return Refusal{Reason: ReasonKindNotServed, Message: "The cluster does not serve " + resourceOf(status.Details) +
			": what defines it is not installed, or of another version; bootstrap the component anew."}, true
	case status.Reason == metav1.StatusReasonInvalid:
		return Refusal{Reason: ReasonInvalid, Message: "The cluster does not take it: " + text}, true
	case status.Reason == metav1.StatusReasonTimeout:
		return Refusal{Reason: ReasonTimedOut, Message: "The cluster did not get it done in time: one of its admission webhooks or its store is slow or hangs."}, true
	}
	return Refusal{}, false
}

// awayMessage says in fixed words how a webhook is away.
func awayMessage(webhook, where, cause string) string {
	how := "fails"
	for _, known := range []struct{ part, how string }{
		{"connection refused", "refuses connections"},
		{"no endpoints available", "has no pod that is ready"},
		{"not found", "has no Service"},
		{"x509: ", "has a certificate that the API server does not trust"},
		{"deadline exceeded", "does not answer in time"},
		{"Timeout", "does not answer in time"},
		{"no such host", "has a name that cannot be resolved"},
		{"no route to host", "cannot be reached"},
	} {
		if strings.Contains(cause, known.part) {
			how = known.how
			break
		}
	}
	return "The admission webhook " + webhook + where + " " + how + "; look at the pods and the Service of " + ownerOf(webhook) + "."
}

func refusedMessage(webhook, where, why string) string {
	if why == "" {
		return "The admission webhook " + webhook + where + " refuses it, and does not say why."
	}
	return "The admission webhook " + webhook + where + " refuses it: " + why
}

func forbiddenMessage(text string) string {
	if found := rightLacking.FindStringSubmatch(text); found != nil {
		resource := strings.TrimSuffix(found[2]+"."+found[3], ".")
		return "The credentials of the cluster may not " + found[1] + " " + resource + "; see the condition CredentialsScoped of the cluster."
	}
	return "The cluster forbids it: " + text
}

func resourceOf(details *metav1.StatusDetails) string {
	if details == nil || details.Kind == "" {
		return "a kind that is needed"
	}
	return strings.TrimSuffix(details.Kind+"."+details.Group, ".")
}

// ownerOf says whose a webhook is.
func ownerOf(webhook string) string {
	switch {
	case capsuleHooks.MatchString(webhook):
		return "Capsule"
	case velaHooks.MatchString(webhook):
		return "KubeVela"
	}
	return "its owner"
}
