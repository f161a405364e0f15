package cleanup

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Result is what came of an action. Err is nil when it was done, or when there was
// nothing to do.
type Result struct {
	Action
	Err error
}

// Do carries out a plan in its order. One action that fails does not stop the
// others.
func Do(ctx context.Context, c Cluster, actions []Action) []Result {
	results := make([]Result, 0, len(actions))
	for _, action := range actions {
		err := c.do(ctx, action)
		if apierrors.IsNotFound(err) {
			err = nil // it went by itself
		}
		results = append(results, Result{action, err})
	}
	return results
}

// do checks once more what no plan may hold, whoever made it.
func (c Cluster) do(ctx context.Context, action Action) error {
	object := action.Object
	if IsCore(object.Namespace) && object.Namespace != "" || object.Resource == namespaces && IsCore(object.Name) {
		return fmt.Errorf("refusing to touch %s %s/%s: it belongs to the cluster itself", object.Resource.Resource, object.Namespace, object.Name)
	}
	objects := c.Dynamic.Resource(object.Resource).Namespace(object.Namespace)
	switch action.Verb {
	case Keep:
		return nil
	case Delete:
		return objects.Delete(ctx, object.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &object.UID, ResourceVersion: &object.Version},
		})
	case RemoveFinalizers:
		// The version is a precondition: what changed since is looked at anew.
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
			"uid": object.UID, "resourceVersion": object.Version, "finalizers": nil,
		}})
		if err != nil {
			return fmt.Errorf("writing a patch: %w", err)
		}
		_, err = objects.Patch(ctx, object.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	case Finalize:
		return c.finalize(ctx, object)
	}
	return fmt.Errorf("unknown verb %q", action.Verb)
}

const (
	emptyTries = 6
	emptyPause = 500 * time.Millisecond
)

// finalize lets a namespace go once nothing is in it: objects in a namespace that
// is gone would come back with the next one of that name.
func (c Cluster) finalize(ctx context.Context, object Object) error {
	for try := 0; ; try++ {
		live, err := c.Kubernetes.CoreV1().Namespaces().Get(ctx, object.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if live.UID != object.UID || live.DeletionTimestamp == nil {
			return fmt.Errorf("the namespace %s is another one by now", object.Name)
		}
		contents, unread, err := reader{c, map[string]bool{}}.contents(ctx, object.Name)
		if err != nil {
			return err
		}
		if len(contents) == 0 && len(unread) == 0 {
			live.Spec.Finalizers = nil
			_, err = c.Kubernetes.CoreV1().Namespaces().Finalize(ctx, live, metav1.UpdateOptions{})
			return err
		}
		if try == emptyTries {
			return fmt.Errorf("the namespace %s still has objects, %d of them; clean up again in a while", object.Name, len(contents))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(emptyPause):
		}
	}
}
