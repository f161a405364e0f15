package base

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pageSize bounds what one list of children returns.
const pageSize = 500

// DeleteChildren deletes the objects of a list, and returns how many there were
// (of the first page: none means that all are gone). It reads from the API: a
// cache may not know the youngest.
func DeleteChildren(ctx context.Context, live client.Reader, c client.Client, list client.ObjectList, options ...client.ListOption) (int, error) {
	if err := live.List(ctx, list, append(options, client.Limit(pageSize))...); err != nil {
		return 0, fmt.Errorf("listing %T: %w", list, err)
	}
	count := 0
	err := meta.EachListItem(list, func(item runtime.Object) error {
		count++
		object, ok := item.(client.Object)
		if !ok || object.GetDeletionTimestamp() != nil {
			return nil
		}
		uid := object.GetUID()
		if err := c.Delete(ctx, object, client.Preconditions{UID: &uid}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("deleting %s: %w", Title(object), err)
		}
		return nil
	})
	return count, err
}
