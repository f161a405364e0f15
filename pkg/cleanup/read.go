package cleanup

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
)

const (
	// stuckAfter is how long a namespace may take to go before it counts as stuck.
	stuckAfter = 30 * time.Second
	// maxInstances bounds what is looked at of one kind in one place.
	maxInstances = 200
	// maxStuck bounds the stuck namespaces that are looked into at a time.
	maxStuck = 20
)

// Cluster is where to look and to work.
type Cluster struct {
	Kubernetes kubernetes.Interface
	Dynamic    dynamic.Interface
}

var (
	crds        = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	apiServices = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
)

func webhooks() []schema.GroupVersionResource {
	of := schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: "v1"}
	return []schema.GroupVersionResource{of.WithResource("validatingwebhookconfigurations"), of.WithResource("mutatingwebhookconfigurations")}
}

// Read looks at the cluster. What is not there is left out; anything else that
// goes wrong is an error, since a plan from half of the truth is none.
func Read(ctx context.Context, c Cluster, tenants bool) (State, error) {
	s := State{Tenants: tenants, Running: map[string]bool{}}
	deployments, err := c.Kubernetes.AppsV1().Deployments("").List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name"})
	if err != nil {
		return State{}, err
	}
	for _, deployment := range deployments.Items {
		s.Running[deployment.Labels["app.kubernetes.io/name"]] = true
	}
	r := reader{c, map[string]bool{}}
	if s.Hooks, err = r.hooks(ctx); err != nil {
		return State{}, err
	}
	if s.Definitions, err = r.definitions(ctx); err != nil {
		return State{}, err
	}
	s.Namespaces, err = r.namespaces(ctx)
	return s, err
}

type reader struct {
	Cluster
	// services remembers which services are missing.
	services map[string]bool
}

// list lists what is of a resource, at most maxInstances if there is a limit.
func (r reader) list(ctx context.Context, resource schema.GroupVersionResource, namespace string, limit int64) ([]unstructured.Unstructured, bool, error) {
	list, err := r.Dynamic.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: limit})
	if apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return list.Items, list.GetContinue() != "", nil
}

func objectOf(resource schema.GroupVersionResource, u *unstructured.Unstructured) Object {
	return Object{
		Resource: resource, Namespace: u.GetNamespace(), Name: u.GetName(), UID: u.GetUID(), Version: u.GetResourceVersion(),
		Finalizers: u.GetFinalizers(), Terminating: u.GetDeletionTimestamp() != nil,
	}
}

func (r reader) hooks(ctx context.Context) (out []Hook, err error) {
	for _, resource := range webhooks() {
		items, _, err := r.list(ctx, resource, "", 0)
		if err != nil {
			return nil, err
		}
		for i := range items {
			broken, err := r.broken(ctx, servicesOf(&items[i]))
			if err != nil {
				return nil, err
			}
			out = append(out, Hook{Object: objectOf(resource, &items[i]), Broken: broken})
		}
	}
	items, _, err := r.list(ctx, apiServices, "", 0)
	if err != nil {
		return nil, err
	}
	for i := range items {
		service, found, _ := unstructured.NestedStringMap(items[i].Object, "spec", "service")
		group, _, _ := unstructured.NestedString(items[i].Object, "spec", "group")
		if !found { // the API server's own
			continue
		}
		broken, err := r.broken(ctx, []serviceRef{{service["namespace"], service["name"]}})
		if err != nil {
			return nil, err
		}
		out = append(out, Hook{Object: objectOf(apiServices, &items[i]), Group: group, Broken: broken})
	}
	return out, nil
}

type serviceRef struct{ namespace, name string }

// servicesOf returns the services of a webhook configuration. One that names
// anything else gives an empty entry.
func servicesOf(u *unstructured.Unstructured) (out []serviceRef) {
	hooks, _, _ := unstructured.NestedSlice(u.Object, "webhooks")
	for _, hook := range hooks {
		entry, _ := hook.(map[string]any)
		namespace, _, _ := unstructured.NestedString(entry, "clientConfig", "service", "namespace")
		name, _, _ := unstructured.NestedString(entry, "clientConfig", "service", "name")
		out = append(out, serviceRef{namespace, name})
	}
	return out
}

// broken says whether there are services, and none of them exists.
func (r reader) broken(ctx context.Context, services []serviceRef) (bool, error) {
	for _, ref := range services {
		if ref.name == "" || ref.namespace == "" {
			return false, nil
		}
		missing, known := r.services[ref.namespace+"/"+ref.name]
		if !known {
			_, err := r.Kubernetes.CoreV1().Services(ref.namespace).Get(ctx, ref.name, metav1.GetOptions{})
			if err != nil && !apierrors.IsNotFound(err) {
				return false, err
			}
			missing = err != nil
			r.services[ref.namespace+"/"+ref.name] = missing
		}
		if !missing {
			return false, nil
		}
	}
	return len(services) > 0, nil
}

func (r reader) definitions(ctx context.Context) (out []Definition, err error) {
	items, _, err := r.list(ctx, crds, "", 0)
	if err != nil {
		return nil, err
	}
	for i := range items {
		group, _, _ := unstructured.NestedString(items[i].Object, "spec", "group")
		if _, known := ownerOf(group); !known {
			continue
		}
		d := Definition{Object: objectOf(crds, &items[i]), Group: group}
		served, ok := servedAs(&items[i])
		if !ok {
			continue
		}
		var instances []unstructured.Unstructured
		if instances, d.More, err = r.list(ctx, served, "", maxInstances); err != nil {
			return nil, err
		}
		for j := range instances {
			d.Instances = append(d.Instances, objectOf(served, &instances[j]))
		}
		out = append(out, d)
	}
	return out, nil
}

// servedAs returns the resource by which the objects of a definition are listed.
func servedAs(crd *unstructured.Unstructured) (schema.GroupVersionResource, bool) {
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, version := range versions {
		entry, _ := version.(map[string]any)
		if name, _ := entry["name"].(string); entry["served"] == true {
			return schema.GroupVersionResource{Group: group, Version: name, Resource: plural}, true
		}
	}
	return schema.GroupVersionResource{}, false
}
