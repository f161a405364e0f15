package base

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// HostNamespaces makes and removes the namespaces on the KubeNova API in which
// projects and apps live. The zero value does nothing: standalone has no
// namespaces.
type HostNamespaces struct {
	// Enabled is true when the API has namespaces.
	Enabled bool
	// Client writes; it reads from a cache of the namespaces that KubeNova made.
	Client client.Client
	// Live reads from the API.
	Live client.Reader
}

// Ensure makes a namespace with labels. One that is there without them belongs
// to someone else: that is Blocked, and it is left alone.
func (h HostNamespaces) Ensure(ctx context.Context, name string, labels map[string]string) error {
	if !h.Enabled {
		return nil
	}
	var namespace corev1.Namespace
	err := h.Client.Get(ctx, client.ObjectKey{Name: name}, &namespace)
	if apierrors.IsNotFound(err) {
		made := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		err = h.Client.Create(ctx, &made)
		if err == nil {
			return nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("making the namespace %s: %w", name, err)
		}
		// The cache has only what is labelled as ours, and may be behind.
		err = h.Live.Get(ctx, client.ObjectKey{Name: name}, &namespace)
	}
	switch {
	case err != nil:
		return fmt.Errorf("reading the namespace %s: %w", name, err)
	case !hasLabels(&namespace, labels):
		return &Blocked{"NamespaceNotOurs", "The namespace " + name + " exists and was not made by KubeNova; remove it or choose another name.", Recheck}
	case namespace.DeletionTimestamp != nil:
		return &Blocked{"NamespaceTerminating", "The namespace " + name + " is being deleted.", Recheck}
	}
	return nil
}

// Remove deletes a namespace with labels, and says whether it is gone. One
// without them is not ours to wait for.
func (h HostNamespaces) Remove(ctx context.Context, name string, labels map[string]string) (gone bool, err error) {
	if !h.Enabled {
		return true, nil
	}
	var namespace corev1.Namespace
	err = h.Live.Get(ctx, client.ObjectKey{Name: name}, &namespace)
	switch {
	case apierrors.IsNotFound(err):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("reading the namespace %s: %w", name, err)
	case !hasLabels(&namespace, labels):
		return true, nil
	case namespace.DeletionTimestamp != nil:
		return false, nil
	}
	err = h.Client.Delete(ctx, &namespace, client.Preconditions{UID: &namespace.UID})
	if err != nil && !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("deleting the namespace %s: %w", name, err)
	}
	return false, nil
}

func hasLabels(object client.Object, labels map[string]string) bool {
	have := maps.Clone(object.GetLabels())
	for key, value := range labels {
		if have[key] != value {
			return false
		}
	}
	return true
}
