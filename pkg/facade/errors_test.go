package facade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// secret stands for what must not show: an address, a stack, a credential.
const secret = "10.0.0.7:2379"

func TestTranslate(t *testing.T) {
	tenants := v1alpha1.Resource("tenants")
	invalidTenant := apierrors.NewInvalid(v1alpha1.SchemeGroupVersion.WithKind("Tenant").GroupKind(), "acme", field.ErrorList{
		field.Required(field.NewPath("spec", "owners").Index(0).Child("name"), "say who"),
		field.Invalid(field.NewPath("metadata", "name"), "A", "must be lower case"),
	})
	inUse := apierrors.NewConflict(tenants, "dev", errors.New("it has tenants"))
	inUse.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: "TenantExists", Message: "acme", Field: "tenants"}}
	notStatus := apierrors.NewGenericServerResponse(404, "get", tenants, "acme", secret, 0, true)

	cases := []struct {
		name       string
		err        error
		status     int
		message    string // part of it
		details    []detail
		retryAfter int
	}{
		{name: "exists", err: apierrors.NewAlreadyExists(tenants, "acme"), status: 409, message: "already exists"},
		{name: "not found", err: apierrors.NewNotFound(tenants, "acme"), status: 404, message: "not found"},
		{name: "forbidden", err: apierrors.NewForbidden(tenants, "acme", errors.New("no")), status: 403, message: "forbidden"},
		{name: "bad request", err: apierrors.NewBadRequest("odd"), status: 400, message: "odd"},
		{name: "conflict with causes", err: inUse, status: 409, message: "it has tenants",
			details: []detail{{Field: "tenants", Reason: "TenantExists", Message: "acme"}}},
		{name: "invalid", err: fmt.Errorf("wrapped: %w", invalidTenant), status: 422, message: "owners[0]: Required value: say who; name: Invalid",
			details: []detail{
				{Field: "owners[0]", Reason: "FieldValueRequired", Message: "Required value: say who"},
				{Field: "name", Reason: "FieldValueInvalid", Message: `Invalid value: "A": must be lower case`},
			}},
		{name: "expired", err: apierrors.NewResourceExpired("old"), status: 410, message: "start the list again"},
		{name: "too many", err: apierrors.NewTooManyRequests(secret, 7), status: 429, message: "try again", retryAfter: 7},
		{name: "too many without time", err: apierrors.NewTooManyRequests(secret, 0), status: 429, message: "try again", retryAfter: 1},
		{name: "unavailable", err: apierrors.NewServiceUnavailable(secret), status: 503, message: "try again", retryAfter: 1},
		{name: "server timeout", err: apierrors.NewServerTimeout(tenants, "get", 3), status: 503, message: "try again", retryAfter: 3},
		{name: "timeout", err: apierrors.NewTimeoutError(secret, 2), status: 503, message: "try again", retryAfter: 2},
		{name: "deadline", err: fmt.Errorf("dial %s: %w", secret, context.DeadlineExceeded), status: 503, message: "too long", retryAfter: 1},
		{name: "internal", err: apierrors.NewInternalError(errors.New(secret)), status: 500, message: "internal error"},
		{name: "method not allowed inside", err: apierrors.NewMethodNotSupported(tenants, "get"), status: 500, message: "internal error"},
		{name: "plain", err: errors.New(secret), status: 500, message: "internal error"},
		{name: "not a status", err: notStatus, status: 404, message: "could not find"},
		{name: "own", err: fmt.Errorf("wrapped: %w", notFound("nothing here")), status: 404, message: "nothing here"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := translate(c.err)
			if got.status != c.status || !strings.Contains(got.message, c.message) || got.retryAfter != c.retryAfter {
				t.Errorf("got %d %q retry after %d", got.status, got.message, got.retryAfter)
			}
			if !reflect.DeepEqual(got.details, c.details) {
				t.Errorf("details are %+v, want %+v", got.details, c.details)
			}
			if strings.Contains(fmt.Sprintf("%+v", got.body()), secret) {
				t.Errorf("%+v shows %s", got.body(), secret)
			}
		})
	}
}

func TestInvalidLeavesValuesOut(t *testing.T) {
	got := invalid(field.Invalid(field.NewPath("kubeconfig"), secret, "must be inline"), field.Duplicate(field.NewPath("owners").Index(1), secret))
	if strings.Contains(fmt.Sprintf("%+v", got), secret) {
		t.Errorf("%+v shows the refused value", got)
	}
	want := []detail{
		{Field: "kubeconfig", Reason: "FieldValueInvalid", Message: "Invalid value: must be inline"},
		{Field: "owners[1]", Reason: "FieldValueDuplicate", Message: "Duplicate value"},
	}
	if !reflect.DeepEqual(got.details, want) {
		t.Errorf("details are %+v, want %+v", got.details, want)
	}
}

func TestWriteError(t *testing.T) {
	w := httptest.NewRecorder()
	writeError(w, httptest.NewRequest(http.MethodGet, "/", nil), apierrors.NewTooManyRequests("", 9))
	wantError(t, w, 429, "KN-429")
	for header, want := range map[string]string{
		"Retry-After": "9", "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
}
