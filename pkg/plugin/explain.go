package plugin

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

func hinted(next, format string, args ...any) error {
	return &hint{cause: fmt.Errorf(format, args...), next: next}
}

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
	var unreachable net.Error
	switch {
	case errors.As(err, &known):
		return known.next
	case isUnknownAPI(err):
		return "This server does not serve kubenova.io. Is the context that of a KubeNova API? Try: kubectl api-resources --api-group=kubenova.io"
	case apierrors.ReasonForError(err) != metav1.StatusReasonUnknown:
		return adviceFor(err)
	case errors.As(err, &unreachable):
		return "The server of the context does not answer. Try: kubectl cluster-info"
	}
	return ""
}

func isUnknownAPI(err error) bool {
	var failed *discovery.ErrGroupDiscoveryFailed
	return err != nil && (meta.IsNoMatchError(err) || errors.As(err, &failed) ||
		(apierrors.IsNotFound(err) && strings.Contains(err.Error(), "could not find the requested resource")))
}

// advice is the next step after an error of the server.
type advice struct {
	reason metav1.StatusReason
	// about is the kind of resource, or the field, that the error is about; empty for
	// any. The first advice that
	// fits is given, in which NAME stands for the name in the error.
	about string
	next  string
}

// advices lists what to do next for the reasons of errors.
func advices() []advice {
	return []advice{
		{metav1.StatusReasonNotFound, "clusters", "Try: kubectl kubenova cluster list"},
		{metav1.StatusReasonNotFound, "tenants", "Try: kubectl kubenova tenant list"},
		{metav1.StatusReasonNotFound, "projects", "Try: kubectl kubenova project list"},
		{metav1.StatusReasonNotFound, "apps", "Try: kubectl kubenova app list"},
		{metav1.StatusReasonNotFound, "apps/logs", "Try: kubectl kubenova app status <app>, which lists the components"},
		{metav1.StatusReasonNotFound, "apprevisions", "Try: kubectl kubenova app history <app>"},
		{metav1.StatusReasonNotFound, "plans", "Try: kubectl kubenova plan list"},
		{metav1.StatusReasonNotFound, "accessgrants", "Try: kubectl kubenova kubeconfig list"},
		{metav1.StatusReasonNotFound, "namespaces", "The tenant or the project is not there, or not ready yet. Try: kubectl kubenova project list"},
		{metav1.StatusReasonAlreadyExists, "clusters", "Another name, or new credentials for NAME through the subresource clusters/kubeconfig. Try: kubectl kubenova cluster list"},
		{metav1.StatusReasonAlreadyExists, "", "Choose another name, or look at what is there: kubectl get KIND.kubenova.io -A"},
		{metav1.StatusReasonForbidden, "", "Try: kubectl kubenova why <verb> <resource> [-t tenant] [-p project], which says who may and by which rule."},
		{metav1.StatusReasonUnauthorized, "", "The credentials of the context are not accepted. Try: kubectl auth whoami"},
		{metav1.StatusReasonConflict, "tenants", "Look at what is in the way: kubectl kubenova tenant list NAME -o wide"},
		{metav1.StatusReasonConflict, "clusters", "Look at what is in the way: kubectl kubenova cluster list NAME -o wide"},
		{metav1.StatusReasonConflict, "", "The same command again starts from the newest state."},
		{metav1.StatusReasonInvalid, "spec.clusterRef.name", "Try: kubectl kubenova cluster list"},
		{metav1.StatusReasonInvalid, "spec.plan", "Try: kubectl kubenova plan list"},
		{metav1.StatusReasonInvalid, "", "The fields are described by: kubectl explain KIND.spec --api-version=kubenova.io/v1alpha1"},
		{metav1.StatusReasonTooManyRequests, "", "Try again in some seconds, or close logs and watches that nobody reads."},
		{metav1.StatusReasonServiceUnavailable, "", "A cluster, or what KubeNova asks, is away. Try: kubectl kubenova cluster list -o wide"},
		{metav1.StatusReasonTimeout, "", "Try again, or look at the clusters: kubectl kubenova cluster list -o wide"},
		{metav1.StatusReasonServerTimeout, "", "Try again in some seconds."},
		{metav1.StatusReasonInternalError, "", "The server's log says more. Try: kubectl get --raw /readyz?verbose"},
	}
}

func adviceFor(err error) string {
	reason := apierrors.ReasonForError(err)
	var kind, name string
	about := []string{""}
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		kind, name = status.Status().Details.Kind, status.Status().Details.Name
		about = append(about, kind)
		for _, cause := range status.Status().Details.Causes {
			about = append(about, cause.Field)
		}
	}
	for _, a := range advices() {
		if a.reason == reason && slices.Contains(about, a.about) {
			if strings.Contains(a.next, "KIND") && kind == "" {
				return ""
			}
			return strings.NewReplacer("NAME", name, "KIND", resourceOf(kind)).Replace(a.next)
		}
	}
	return ""
}

// resourceOf makes a resource of what an error calls a kind, which may be either.
func resourceOf(kind string) string {
	resource := strings.ToLower(kind)
	if resource != "" && !strings.HasSuffix(resource, "s") {
		resource += "s"
	}
	return resource
}
