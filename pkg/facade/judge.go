package facade

import (
	"net/http"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// refusal returns what a caller is told of a write that failed. Who may write is
// asked before what is written is judged, as natively: what is wrong with a request
// is told to who may make it, others hear that they may not, or that there is no such
// thing. It is asked here, after the fact, since the API server asks it of all
// requests that come to it.
func (c *call) refusal(entry route, err error) error {
	if c.caller == nil || readMethod(entry.method) == http.MethodGet || !judges(translate(err)) {
		return err
	}
	namespace, name, missing := c.target(entry)
	if missing != nil {
		return missing
	}
	if denied := c.reviewIn(namespace, entry.verb, entry.resource, entry.subresource, name); denied != nil {
		return denied
	}
	return err
}

// judges says whether a problem is with what the request says.
func judges(problem *apiError) bool {
	return slices.Contains([]int{
		http.StatusBadRequest, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	}, problem.status)
}

// target returns the namespace and the name of what a route would write, or the
// error that the path names something that is not there for the caller. What is yet
// to be made has no name.
func (c *call) target(entry route) (namespace, name string, err error) {
	for _, resource := range []string{"apps", "policysets", "projects", "tenants", "clusters", "plans"} {
		segment, read := reader(resource)
		if c.param(segment) == "" {
			continue
		}
		found, err := read(c)
		if err != nil {
			return "", "", err
		}
		if resource == entry.resource {
			return found.object.GetNamespace(), found.object.GetName(), nil
		}
		return namespaceIn(resource, found.object), "", nil
	}
	return "", "", nil
}

// namespaceIn returns the namespace of what belongs to an object; empty where that
// has none.
func namespaceIn(resource string, object metav1.Object) string {
	switch resource {
	case "tenants":
		return v1alpha1.TenantNamespace(object.GetName())
	case "projects":
		tenant, _, _ := v1alpha1.SplitNamespace(object.GetNamespace())
		return v1alpha1.ProjectNamespace(tenant, object.GetName())
	}
	return ""
}
