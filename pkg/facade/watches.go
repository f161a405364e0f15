package facade

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Each of these returns the stream of an object, or without one that of the list
// that the request asks for.

func watchClusters(c *call, found metav1.Object) (stream, error) {
	opts, err := c.watchOptions(found)
	return streamOf(c.clusters(), opts, fromCluster), err
}

func watchTenants(c *call, found metav1.Object) (stream, error) {
	options := c.tenantListOptions
	if found != nil {
		options = func() (metav1.ListOptions, error) { return c.watchOptions(found) }
	}
	opts, err := options()
	return streamOf(c.tenants(), opts, fromTenant), err
}

func watchProjects(c *call, found metav1.Object) (stream, error) {
	opts, namespace, err := c.watchWithin(found, c.tenantNamespace)
	return streamOf(c.projects(namespace), opts, fromProject), err
}

func watchPolicySets(c *call, found metav1.Object) (stream, error) {
	opts, namespace, err := c.watchWithin(found, c.tenantNamespace)
	return streamOf(c.policySets(namespace), opts, fromPolicySet), err
}

func watchApps(c *call, found metav1.Object) (stream, error) {
	opts, namespace, err := c.watchWithin(found, c.projectNamespace)
	return streamOf(c.apps(namespace), opts, fromApp), err
}

// watchAppStatus reads the number of the newest revision anew for each event.
func watchAppStatus(c *call, found metav1.Object) (stream, error) {
	made, err := watchApps(c, found)
	made.convert = func(object metav1.Object) (any, error) {
		return c.appStatus(object.(*v1alpha1.App))
	}
	return made, err
}

func watchRevisions(c *call, _ metav1.Object) (stream, error) {
	found, err := c.app()
	if err != nil {
		return stream{}, err
	}
	opts, err := c.watchOptions(nil)
	opts.FieldSelector = fields.OneTermEqualSelector("spec.app", found.Name).String()
	return streamOf(c.revisions(found.Namespace), opts, fromRevision), err
}

// watchWithin returns the options of a watch, and the namespace of an object or
// of the list that the request asks for.
func (c *call) watchWithin(found metav1.Object, list func() (string, error)) (metav1.ListOptions, string, error) {
	opts, err := c.watchOptions(found)
	if err != nil || found != nil {
		return opts, namespaceOf(found), err
	}
	namespace, err := list()
	return opts, namespace, err
}

func namespaceOf(object metav1.Object) string {
	if object == nil {
		return ""
	}
	return object.GetNamespace()
}
