package clusters

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// FieldOwner is the owner of every field that KubeNova applies.
const FieldOwner = "kubenova"

// Identity is whom a call acts as. The zero Identity is KubeNova itself.
type Identity struct {
	User   string
	Groups []string
}

// Client is what controllers do on a cluster. Every method returns an
// UnavailableError when the cluster cannot be worked with, and the cluster's
// own errors otherwise.
type Client interface {
	// Available returns nil, or why calls would fail, without making one.
	Available() error
	// Get returns an object as the watch last saw it, or asks the cluster when
	// the watch does not know it. It must not be changed.
	Get(ctx context.Context, kind Kind, namespace, name string) (*unstructured.Unstructured, error)
	// Seen returns an object as the watch last saw it, and asks nothing: it is false
	// when the watch does not know the object, or is not yet up to date. An event
	// follows when that changes. It must not be changed.
	Seen(kind Kind, namespace, name string) (*unstructured.Unstructured, bool)
	// GetLive asks the cluster. Only its "not found" means that an object is gone.
	GetLive(ctx context.Context, kind Kind, namespace, name string) (*unstructured.Unstructured, error)
	// List asks the cluster for the objects of a tenant.
	List(ctx context.Context, kind Kind, tenant string) ([]unstructured.Unstructured, error)
	// ListSeen returns the objects of a tenant as the watch last saw them, or asks
	// the cluster when there is no watch. They must not be changed.
	ListSeen(ctx context.Context, kind Kind, tenant string) ([]unstructured.Unstructured, error)
	// Each asks the cluster for the objects of a kind that the options select, in
	// all namespaces, page by page.
	Each(ctx context.Context, kind Kind, options metav1.ListOptions, visit func(*unstructured.Unstructured)) error
	// Pods returns the pods of an Application as the watch last saw them, as far as
	// kubevela.WithPods needs them. They must not be changed.
	Pods(namespace, application string) []*unstructured.Unstructured
	// Ensure makes an object hold what is desired of it, and returns it. It makes
	// no request when the object already does.
	Ensure(ctx context.Context, desired *unstructured.Unstructured, as Identity) (*unstructured.Unstructured, error)
	// EnsureFrom is Ensure for who has just read the object, or found that there is
	// none (nil): it is not read again.
	EnsureFrom(ctx context.Context, live, desired *unstructured.Unstructured, as Identity) (*unstructured.Unstructured, error)
	// Merge changes fields of an object by a JSON merge patch; one that is not there
	// is no error.
	Merge(ctx context.Context, live *unstructured.Unstructured, patch map[string]any) error
	// Delete deletes an object and what depends on it; one that is not there is
	// no error.
	Delete(ctx context.Context, live *unstructured.Unstructured, as Identity) error
}
