package plugin

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
)

// hint is an error that knows what to do next.
type hint struct {
	cause error
	next  string
}

// Error returns the message of the cause.
func (h *hint) Error() string { return h.cause.Error() }

// Unwrap returns the cause.
func (h *hint) Unwrap() error { return h.cause }

// Explain returns the message of an error and, where there is one, the next
// command to try.
func Explain(err error) string {
	message := err.Error()
	if next := nextStep(err); next != "" {
		return message + "\n" + next
	}
	return message
}

func nextStep(err error) string {
	var known *hint
	switch {
	case errors.As(err, &known):
		return known.next
	case isUnknownAPI(err):
		return "This server does not serve kubenova.io. Is the context that of a KubeNova API? Try: kubectl api-resources --api-group=kubenova.io"
	case apierrors.IsForbidden(err):
		return "Try: kubectl kubenova why <verb> <resource> [-t tenant] [-p project], which says who may and by which rule."
	case apierrors.IsUnauthorized(err):
		return "The credentials of the context are not accepted. Try: kubectl auth whoami"
	case apierrors.IsNotFound(err):
		return notFoundStep(err)
	case apierrors.IsConflict(err):
		return "Someone else changed it meanwhile; the same command again starts from the newest state."
	}
	return ""
}

func isUnknownAPI(err error) bool {
	var failed *discovery.ErrGroupDiscoveryFailed
	return meta.IsNoMatchError(err) || errors.As(err, &failed) ||
		(apierrors.IsNotFound(err) && strings.Contains(err.Error(), "could not find the requested resource"))
}

func notFoundStep(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return ""
	}
	switch status.Status().Details.Kind {
	case "clusters":
		return "Try: kubectl get clusters.kubenova.io"
	case "tenants":
		return "Try: kubectl get tenants.kubenova.io"
	case "projects":
		return "Try: kubectl get projects.kubenova.io -A"
	case "apps":
		return "Try: kubectl get apps.kubenova.io -A"
	case "apprevisions":
		return "Try: kubectl kubenova app history <app>"
	}
	return ""
}
