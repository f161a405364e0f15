package clusters

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestRefusalOf reads what real API servers and webhooks answer.
func TestRefusalOf(t *testing.T) {
	tenants := schema.GroupResource{Group: "capsule.clastix.io", Resource: "tenants"}
	webhook := func(cause string) error {
		return apierrors.NewInternalError(errors.New(`failed calling webhook "tenants.validating.projectcapsule.dev": failed to call webhook: ` + cause))
	}
	status := func(code int32, reason metav1.StatusReason, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
	}
	for name, c := range map[string]struct {
		err             error
		reason, message string
	}{
		"webhook refuses connections": {webhook(`Post "https://10.0.0.7:9443/tenants?timeout=30s": dial tcp 10.0.0.7:9443: connect: connection refused`),
			ReasonWebhookUnavailable, "tenants.validating.projectcapsule.dev of the cluster refuses connections; look at the pods and the Service of Capsule"},
		"webhook without pods": {webhook(`Post "https://capsule.capsule-system.svc:443/tenants": no endpoints available for service "capsule-webhook-service"`),
			ReasonWebhookUnavailable, "has no pod that is ready"},
		"webhook without a Service": {webhook(`Post "https://x.svc:443/": service "capsule-webhook-service" not found`), ReasonWebhookUnavailable, "has no Service"},
		"webhook hangs":             {webhook(`Post "https://x.svc:443/": context deadline exceeded`), ReasonWebhookUnavailable, "does not answer in time"},
		"webhook with another CA": {webhook(`Post "https://x.svc:443/": tls: failed to verify certificate: x509: certificate signed by unknown authority`),
			ReasonWebhookUnavailable, "does not trust"},
		"webhook fails otherwise": {webhook(`Post "https://x.svc:443/": EOF`), ReasonWebhookUnavailable, "of the cluster fails;"},
		"webhook of another": {apierrors.NewInternalError(errors.New(`failed calling webhook "validate.kyverno.svc": failed to call webhook: EOF`)),
			ReasonWebhookUnavailable, "Service of its owner."},
		"refused": {status(403, metav1.StatusReasonForbidden, `admission webhook "tenants.validating.projectcapsule.dev" denied the request: the name is taken`),
			ReasonRefused, "projectcapsule.dev of the cluster refuses it: the name is taken"},
		"refused without a word": {status(400, metav1.StatusReasonBadRequest, `admission webhook "x" denied the request without explanation`),
			ReasonRefused, "does not say why"},
		"quota": {apierrors.NewForbidden(schema.GroupResource{Resource: "roles"}, "r", errors.New("exceeded quota: q, requested: count/roles=1, used: count/roles=1, limited: count/roles=1")),
			ReasonQuotaExceeded, "A quota on the cluster has no room"},
		"no right": {apierrors.NewForbidden(tenants, "acme", errors.New(`User "system:serviceaccount:a:b" cannot patch resource "tenants" in API group "capsule.clastix.io" at the cluster scope`)),
			ReasonCredentialsForbidden, "may not patch tenants.capsule.clastix.io; see the condition CredentialsScoped"},
		"no right to give": {apierrors.NewForbidden(schema.GroupResource{Resource: "roles"}, "r", errors.New(`user "x" is attempting to grant RBAC permissions not currently held`)),
			ReasonCredentialsForbidden, "attempting to grant"},
		"no CRD": {apierrors.NewGenericServerResponse(404, "PATCH", tenants, "acme", "404 page not found", 0, true),
			ReasonKindNotServed, "does not serve tenants.capsule.clastix.io"},
		"invalid":  {status(422, metav1.StatusReasonInvalid, `Tenant "acme" is invalid: spec.x: Required value`), ReasonInvalid, "spec.x: Required value"},
		"too slow": {apierrors.NewTimeoutError("request did not complete within requested timeout - context deadline exceeded", 0), ReasonTimedOut, "in time"},

		"gone":       {apierrors.NewNotFound(tenants, "acme"), "", ""},
		"conflict":   {apierrors.NewConflict(tenants, "acme", errors.New("modified")), "", ""},
		"busy":       {apierrors.NewTooManyRequests("later", 1), "", ""},
		"connection": {errors.New(`failed calling webhook "x": EOF`), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := RefusalOf(fmt.Errorf("applying Tenant acme: %w", &Answer{c.err}))
			if refused != (c.reason != "") || got.Reason != c.reason || !strings.Contains(got.Message, c.message) {
				t.Errorf("%v is %+v", c.err, got)
			}
			if strings.Contains(got.Message, "https:") || strings.Contains(got.Message, "10.0.0.7") {
				t.Errorf("an address is told: %s", got.Message)
			}
			ofWebhook := c.reason == ReasonWebhookUnavailable || c.reason == ReasonRefused
			if host, refused := RefusalOf(c.err); refused != ofWebhook || refused && !strings.Contains(host.Message, " of the host cluster ") {
				t.Errorf("said by the host it is %+v", host)
			}
		})
	}
}

// TestAbsences follow what writes find out about webhooks.
func TestAbsences(t *testing.T) {
	now, works := time.Now(), Part{Finding: Finding{metav1.ConditionTrue, "Served", "it is served"}}
	away := func(webhook string) error {
		return &Answer{apierrors.NewInternalError(fmt.Errorf("failed calling webhook %q: failed to call webhook: EOF", webhook))}
	}
	var a absences
	look := func(at time.Time) (tenancy, delivery string) {
		found := a.with(Health{Tenancy: works, AppDelivery: works}, at)
		return found.Tenancy.Reason, found.AppDelivery.Reason
	}
	expect := func(news, want bool, at time.Time, tenancy, delivery string) {
		t.Helper()
		gotTenancy, gotDelivery := look(at)
		if news != want || gotTenancy != tenancy || gotDelivery != delivery {
			t.Errorf("news %v, tenancy %s, delivery %s", news, gotTenancy, gotDelivery)
		}
	}
	const missing = ReasonWebhookUnavailable
	expect(a.note(Role, nil, now), false, now, "Served", "Served")
	expect(a.note(Namespace, away("validate.kyverno.svc"), now), false, now, "Served", "Served")
	expect(a.note(Namespace, away("namespaces.validating.projectcapsule.dev"), now), true, now, missing, "Served")
	expect(a.note(Namespace, away("namespaces.validating.projectcapsule.dev"), now.Add(time.Minute)), false, now.Add(absenceHolds), missing, "Served")
	expect(a.note(Application, away("validating.core.oam.dev.v1beta1.applications"), now), true, now, missing, missing)
	expect(a.note(Role, nil, now), false, now, missing, missing)
	expect(a.note(Namespace, context.Canceled, now), false, now, missing, missing)
	expect(a.note(CapsuleTenant, nil, now), true, now, "Served", missing)
	expect(false, false, now.Add(absenceHolds), "Served", "Served")
	refused := &Answer{&apierrors.StatusError{ErrStatus: metav1.Status{Message: `admission webhook "validating.core.oam.dev.v1beta1.applications" denied the request: no`}}}
	expect(a.note(Application, refused, now), true, now, "Served", "Served")
}
