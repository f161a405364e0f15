package facade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// defaultRetryAfter is what Retry-After says, in seconds, when the cause does not.
const defaultRetryAfter = 1

// apiError is the error model of the REST door.
type apiError struct {
	status  int
	message string
	details []detail

	// retryAfter is in seconds; 0 leaves the header out.
	retryAfter int
	// allow is the header Allow of a 405.
	allow string
}

// detail is one cause of an error.
type detail struct {
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// errorBody is how an apiError is written.
type errorBody struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []detail `json:"details,omitempty"`
}

func (e *apiError) Error() string { return e.code() + ": " + e.message }

func (e *apiError) code() string { return fmt.Sprintf("KN-%d", e.status) }

func (e *apiError) body() errorBody {
	return errorBody{Code: e.code(), Message: e.message, Details: e.details}
}

func badRequest(format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

func unauthorized() *apiError {
	return &apiError{status: http.StatusUnauthorized, message: "authentication is required"}
}

func forbidden(format string, args ...any) *apiError {
	return &apiError{status: http.StatusForbidden, message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *apiError {
	return &apiError{status: http.StatusNotFound, message: fmt.Sprintf(format, args...)}
}

func methodNotAllowed(allow string) *apiError {
	return &apiError{status: http.StatusMethodNotAllowed, message: "the method is not allowed here, only " + allow, allow: allow}
}

func preconditionFailed() *apiError {
	return &apiError{status: http.StatusPreconditionFailed, message: "the object is not at the version that If-Match names"}
}

func unavailable(message string, retryAfter int) *apiError {
	return &apiError{status: http.StatusServiceUnavailable, message: message, retryAfter: max(retryAfter, defaultRetryAfter)}
}

func internal() *apiError {
	return &apiError{status: http.StatusInternalServerError, message: "internal error"}
}

// invalid returns a 422 with one detail for each problem. It leaves the refused
// values out, because they may be secrets.
func invalid(problems ...*field.Error) *apiError {
	details := make([]detail, 0, len(problems))
	for _, problem := range problems {
		message := problem.Type.String()
		if problem.Detail != "" {
			message += ": " + problem.Detail
		}
		details = append(details, detail{Field: problem.Field, Reason: string(problem.Type), Message: message})
	}
	return unprocessable(details)
}

func unprocessable(details []detail) *apiError {
	parts := make([]string, 0, len(details))
	for _, d := range details {
		parts = append(parts, strings.TrimPrefix(d.Field+": "+d.Message, ": "))
	}
	return &apiError{
		status:  http.StatusUnprocessableEntity,
		message: "the request is not valid: " + strings.Join(parts, "; "),
		details: details,
	}
}

// translate returns what the caller gets to see of an error. What it cannot
// place becomes an internal error that says nothing.
func translate(err error) *apiError {
	var known *apiError
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &status):
		return fromStatus(status.Status())
	case errors.Is(err, context.DeadlineExceeded):
		return unavailable("the request took too long", 0)
	case errors.Is(err, context.Canceled):
		return unavailable("the request was given up", 0)
	}
	return internal()
}

// fromStatus translates the answer of the API server.
func fromStatus(status metav1.Status) *apiError {
	retryAfter := defaultRetryAfter
	if status.Details != nil && status.Details.RetryAfterSeconds > 0 {
		retryAfter = int(status.Details.RetryAfterSeconds)
	}
	if status.Reason == metav1.StatusReasonServerTimeout {
		return unavailable("the service cannot answer at the moment, try again", retryAfter)
	}
	details := fromCauses(status.Details)
	switch code := int(status.Code); code {
	case http.StatusUnprocessableEntity:
		if len(details) > 0 {
			return unprocessable(details)
		}
		return &apiError{status: code, message: status.Message}
	case http.StatusGone:
		return &apiError{status: code, message: "the cursor has expired, start the list again without it"}
	case http.StatusTooManyRequests:
		return &apiError{status: code, message: "too many requests, try again later", retryAfter: retryAfter}
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if isClusterAway(status) {
			return unavailable(status.Message, retryAfter)
		}
		return unavailable("the service cannot answer at the moment, try again", retryAfter)
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusConflict, http.StatusRequestEntityTooLarge:
		return &apiError{status: code, message: status.Message, details: details}
	}
	return internal()
}

// isClusterAway tells a cluster that cannot be asked from an API server that cannot.
// Of a cluster, the API server says why and leaves addresses out.
func isClusterAway(status metav1.Status) bool {
	return status.Reason == metav1.StatusReasonServiceUnavailable && status.Details != nil &&
		status.Details.Group == v1alpha1.GroupName && status.Details.Kind == "clusters"
}

// fromCauses translates causes. It leaves out what client-go adds when an answer
// was no Status: the raw body of that answer.
func fromCauses(from *metav1.StatusDetails) []detail {
	if from == nil {
		return nil
	}
	var details []detail
	for _, cause := range from.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			continue
		}
		details = append(details, detail{Field: restField(cause.Field), Reason: string(cause.Type), Message: cause.Message})
	}
	return details
}

// restField names a field of an API object as the REST door does, which has no
// metadata and spec around its fields, and writes subjects as one text.
func restField(name string) string {
	for _, prefix := range []string{"spec.", "metadata."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = rest
			break
		}
	}
	if list, rest, ok := strings.Cut(name, "]."); ok && (rest == "name" || rest == "kind") {
		switch {
		case strings.HasPrefix(list, "owners["):
			return list + "]"
		case strings.HasPrefix(list, "access["):
			return "members" + strings.TrimPrefix(list, "access") + "].subject"
		}
	}
	if rest, ok := strings.CutPrefix(name, "access"); ok && (rest == "" || rest[0] == '[') {
		return "members" + rest
	}
	return name
}

// under names the fields of an error as a body does that is one field of an object:
// what is quotas[cpu] of a tenant is cpu of its quotas.
func under(name string, err error) error {
	if err == nil {
		return nil
	}
	problem := translate(err)
	if problem.status != http.StatusUnprocessableEntity || len(problem.details) == 0 {
		return err
	}
	details := slices.Clone(problem.details)
	for i := range details {
		details[i].Field = relative(name, details[i].Field)
	}
	return unprocessable(details)
}

// renamed names a field of an error as a body does that calls it otherwise.
func renamed(field, name string, err error) error {
	problem := translate(err)
	if problem.status != http.StatusUnprocessableEntity || len(problem.details) == 0 {
		return err
	}
	details := slices.Clone(problem.details)
	for i := range details {
		if details[i].Field == field {
			details[i].Field = name
		}
	}
	return unprocessable(details)
}

func relative(name, path string) string {
	rest, ok := strings.CutPrefix(path, name)
	switch {
	case !ok || rest != "" && rest[0] != '.' && rest[0] != '[':
		return path
	case strings.HasPrefix(rest, "["):
		key, after, _ := strings.Cut(rest[1:], "]")
		if _, err := strconv.Atoi(key); err != nil {
			return key + after // the key of a map
		}
		return rest
	}
	return strings.TrimPrefix(rest, ".")
}
