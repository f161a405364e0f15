package cleanup

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// namespaces reads those that belong to KubeNova or to a component.
func (r reader) namespaces(ctx context.Context) (out []Namespace, err error) {
	list, err := r.Kubernetes.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	stuck := 0
	for i := range list.Items {
		found := &list.Items[i]
		if !isOwned(found.Name, found.Labels) {
			continue
		}
		n := Namespace{Object: Object{
			Resource: namespaces, Name: found.Name, UID: found.UID, Version: found.ResourceVersion,
			Finalizers: found.Finalizers, Terminating: found.DeletionTimestamp != nil,
		}}
		n.Stuck = n.Terminating && time.Since(found.DeletionTimestamp.Time) > stuckAfter && stuck < maxStuck
		if n.Stuck {
			stuck++
			if n.Contents, n.Unread, err = r.contents(ctx, found.Name); err != nil {
				return nil, err
			}
		} else if n.Pods, err = r.hasPods(ctx, found); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (r reader) hasPods(ctx context.Context, namespace *corev1.Namespace) (bool, error) {
	pods, err := r.Kubernetes.CoreV1().Pods(namespace.Name).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil {
		return false, err
	}
	return len(pods.Items) > 0, nil
}

// contents lists every object in a namespace, and the APIs that cannot be asked.
func (r reader) contents(ctx context.Context, namespace string) (out []Object, unread []string, err error) {
	resources, err := discovery.ServerPreferredNamespacedResources(r.Kubernetes.Discovery())
	if failed, ok := discovery.GroupDiscoveryFailedErrorGroups(err); ok {
		for version := range failed {
			unread = append(unread, version.String())
		}
		slices.Sort(unread)
	} else if err != nil {
		return nil, nil, err
	}
	for _, list := range resources {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, nil, err
		}
		for _, resource := range list.APIResources {
			if strings.Contains(resource.Name, "/") || !slices.Contains(resource.Verbs, "list") || !slices.Contains(resource.Verbs, "delete") {
				continue
			}
			items, _, err := r.list(ctx, version.WithResource(resource.Name), namespace, maxInstances)
			if err != nil {
				return nil, nil, err
			}
			for i := range items {
				out = append(out, objectOf(version.WithResource(resource.Name), &items[i]))
			}
		}
	}
	return out, unread, nil
}
