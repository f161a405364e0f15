package facade

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	clientv1alpha1 "github.com/kubenova/kubenova/pkg/generated/clientset/versioned/typed/kubenova/v1alpha1"
)

// call is one request on its way through a handler.
type call struct {
	config  *Config
	request *http.Request
	query   url.Values
	// caller is nil on open routes.
	caller user.Info
	// api calls the API server as the caller. Nil on open routes.
	api clientv1alpha1.KubenovaV1alpha1Interface
	// dryRun goes into every write.
	dryRun []string
}

func newCall(config *Config, w http.ResponseWriter, r *http.Request, caller user.Info) (*call, error) {
	r.Body = http.MaxBytesReader(w, r.Body, config.MaxBodyBytes)
	c := &call{config: config, request: r, caller: caller}
	if caller == nil {
		return c, nil
	}
	client, err := config.ClientFor(caller)
	if err != nil {
		return nil, fmt.Errorf("making a client for user %q: %w", caller.GetName(), err)
	}
	c.api = client.KubenovaV1alpha1()
	return c, nil
}

// readQuery takes the query apart. One that does not parse must not be read in
// part: what is lost could be dryRun.
func (c *call) readQuery() (err error) {
	if c.query, err = url.ParseQuery(c.request.URL.RawQuery); err != nil {
		return badRequest("the query cannot be parsed")
	}
	c.dryRun, err = parseDryRun(c.query)
	return err
}

// parseDryRun reads dryRun=All.
func parseDryRun(query url.Values) ([]string, error) {
	values := query["dryRun"]
	for _, value := range values {
		if value != metav1.DryRunAll {
			return nil, invalid(field.NotSupported(field.NewPath("dryRun"), value, []string{metav1.DryRunAll}))
		}
	}
	if len(values) == 0 {
		return nil, nil
	}
	return []string{metav1.DryRunAll}, nil
}

func (c *call) ctx() context.Context { return c.request.Context() }

// param returns a segment of the path.
func (c *call) param(name string) string { return c.request.PathValue(name) }

func (c *call) createOptions() metav1.CreateOptions {
	return metav1.CreateOptions{DryRun: c.dryRun, FieldManager: fieldManager}
}

func (c *call) updateOptions() metav1.UpdateOptions {
	return metav1.UpdateOptions{DryRun: c.dryRun, FieldManager: fieldManager}
}

// review refuses the caller who may not do the verb on a resource of the group
// kubenova.io. It is for what no call to the API server would authorize.
func (c *call) review(verb, resource, subresource, name string) error {
	return c.reviewIn("", verb, resource, subresource, name)
}

// reviewOn refuses the caller who may not do what a route does, to an object or
// to make it.
func (c *call) reviewOn(object metav1.Object, entry route) error {
	name := object.GetName()
	if entry.verb == "create" && entry.subresource == "" {
		name = ""
	}
	return c.reviewIn(object.GetNamespace(), entry.verb, entry.resource, entry.subresource, name)
}

func (c *call) reviewIn(namespace, verb, resource, subresource, name string) error {
	decision, reason, err := c.config.Authorizer.Authorize(c.ctx(), authorizer.AttributesRecord{
		User: c.caller, Verb: verb, Namespace: namespace, Name: name,
		APIGroup: v1alpha1.GroupName, APIVersion: v1alpha1.SchemeGroupVersion.Version,
		Resource: resource, Subresource: subresource, ResourceRequest: true,
		Path: c.request.URL.Path,
	})
	if decision == authorizer.DecisionAllow {
		return nil
	}
	if err != nil {
		return authz.Failed(c.caller, verb, resource, err)
	}
	if subresource != "" {
		resource += "/" + subresource
	}
	if reason != "" {
		reason = ": " + reason
	}
	return forbidden("user %q cannot %s %s%s", c.caller.GetName(), verb, resource, reason)
}
