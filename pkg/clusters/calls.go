package clusters

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/transport"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// dynamicFor returns a client that acts as an identity, over the same connections.
func (t *Target) dynamicFor(as Identity) (dynamic.Interface, error) {
	wrap := []func(http.RoundTripper) http.RoundTripper{
		withBoundedAnswers,
		func(next http.RoundTripper) http.RoundTripper { return boundedWrites{next} },
	}
	if as.User != "" || len(as.Groups) > 0 {
		if as.User == "" || strings.HasPrefix(as.User, "system:") {
			return nil, fmt.Errorf("cluster %s: refusing to act as user %q", t.name, as.User)
		}
		wrap = append(wrap, func(next http.RoundTripper) http.RoundTripper {
			return transport.NewImpersonatingRoundTripper(transport.ImpersonationConfig{UserName: as.User, Groups: as.Groups}, next)
		})
	}
	out, err := dynamic.NewForConfigAndClient(t.config, t.connection.Client(wrap...))
	if err != nil {
		return nil, fmt.Errorf("cluster %s: making a client: %w", t.name, err)
	}
	return out, nil
}

func at(client dynamic.Interface, kind Kind, namespace string) dynamic.ResourceInterface {
	if namespace == "" {
		return client.Resource(kind.resource())
	}
	return client.Resource(kind.resource()).Namespace(namespace)
}

// Get implements Client.
func (t *Target) Get(ctx context.Context, kind Kind, namespace, name string) (*unstructured.Unstructured, error) {
	if err := t.Available(); err != nil {
		return nil, err
	}
	if found, ok := t.watches.get(kind, namespace, name); ok {
		return found, nil
	}
	return t.GetLive(ctx, kind, namespace, name)
}

// Seen implements Client.
func (t *Target) Seen(kind Kind, namespace, name string) (*unstructured.Unstructured, bool) {
	return t.watches.get(kind, namespace, name)
}

// GetLive implements Client.
func (t *Target) GetLive(ctx context.Context, kind Kind, namespace, name string) (out *unstructured.Unstructured, err error) {
	err = t.call(ctx, func(ctx context.Context) error {
		out, err = at(t.dynamic, kind, namespace).Get(ctx, name, metav1.GetOptions{})
		return err
	})
	return out, err
}

// List implements Client.
func (t *Target) List(ctx context.Context, kind Kind, tenant string) (out []unstructured.Unstructured, err error) {
	err = t.call(ctx, func(ctx context.Context) error {
		list, err := at(t.dynamic, kind, "").List(ctx, metav1.ListOptions{LabelSelector: v1alpha1.LabelTenant + "=" + tenant})
		if err == nil {
			out = list.Items
		}
		return err
	})
	return out, err
}

// ListSeen implements Client.
func (t *Target) ListSeen(ctx context.Context, kind Kind, tenant string) ([]unstructured.Unstructured, error) {
	if err := t.Available(); err != nil {
		return nil, err
	}
	seen, ok := t.watches.list(kind, byTenant, tenant)
	if !ok {
		return t.List(ctx, kind, tenant)
	}
	out := make([]unstructured.Unstructured, 0, len(seen))
	for _, object := range seen {
		out = append(out, *object)
	}
	return out, nil
}

// Ensure implements Client.
func (t *Target) Ensure(ctx context.Context, desired *unstructured.Unstructured, as Identity) (*unstructured.Unstructured, error) {
	live, err := t.Get(ctx, Kind(desired.GetKind()), desired.GetNamespace(), desired.GetName())
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	if err != nil {
		live = nil
	}
	return t.EnsureFrom(ctx, live, desired, as)
}

// EnsureFrom implements Client.
func (t *Target) EnsureFrom(ctx context.Context, live, desired *unstructured.Unstructured, as Identity) (*unstructured.Unstructured, error) {
	stamped, err := stamp(desired)
	if err != nil {
		return nil, err
	}
	if live != nil && holds(live.Object, stamped.Object) {
		return live, nil
	}
	return t.apply(ctx, Kind(desired.GetKind()), stamped, as)
}

func (t *Target) apply(ctx context.Context, kind Kind, desired *unstructured.Unstructured, as Identity) (out *unstructured.Unstructured, err error) {
	client, err := t.dynamicFor(as)
	if err != nil {
		return nil, err
	}
	err = t.call(ctx, func(ctx context.Context) error {
		out, err = at(client, kind, desired.GetNamespace()).Apply(ctx, desired.GetName(), desired,
			metav1.ApplyOptions{FieldManager: FieldOwner, Force: true})
		return err
	})
	t.note(kind, err)
	if err != nil {
		return nil, fmt.Errorf("applying %s %s: %w", kind, desired.GetName(), err)
	}
	t.log.V(1).Info("applied", "kind", kind, "namespace", desired.GetNamespace(), "name", desired.GetName())
	return out, nil
}

// Delete implements Client. The object that is deleted is the one that was
// seen, not another that took its name since.
func (t *Target) Delete(ctx context.Context, live *unstructured.Unstructured, as Identity) error {
	client, err := t.dynamicFor(as)
	if err != nil {
		return err
	}
	kind, uid, policy := Kind(live.GetKind()), live.GetUID(), metav1.DeletePropagationBackground
	err = t.call(ctx, func(ctx context.Context) error {
		return at(client, kind, live.GetNamespace()).Delete(ctx, live.GetName(), metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &uid}, PropagationPolicy: &policy,
		})
	})
	t.note(kind, err)
	var status apierrors.APIStatus
	switch {
	case err == nil:
		t.log.V(1).Info("deleted", "kind", kind, "namespace", live.GetNamespace(), "name", live.GetName())
		return nil
	case apierrors.IsNotFound(err):
		return nil
	case errors.As(err, &status):
		return fmt.Errorf("deleting %s %s: %w", kind, live.GetName(), err)
	}
	return err
}
