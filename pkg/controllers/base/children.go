package base

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// pageSize bounds what one list of children returns.
const pageSize = 500

// DeleteChildren deletes the objects of a list, and returns how many there were
// (of the first page: none means that all are gone). It reads from the API: a
// cache may not know the youngest.
func DeleteChildren(ctx context.Context, live client.Reader, c client.Client, list client.ObjectList, options ...client.ListOption) (int, error) {
	return DeleteChildrenWith(ctx, live, c, v1alpha1.CascadeNone, list, options...)
}

// DeleteChildrenWith is DeleteChildren with what becomes of what the children have
// on their cluster. Those that are being deleted are deleted once more with orphan.
func DeleteChildrenWith(ctx context.Context, live client.Reader, c client.Client, cascade v1alpha1.Cascade, list client.ObjectList, options ...client.ListOption) (int, error) {
	if err := live.List(ctx, list, append(options, client.Limit(pageSize))...); err != nil {
		return 0, fmt.Errorf("listing %T: %w", list, err)
	}
	count := 0
	err := meta.EachListItem(list, func(item runtime.Object) error {
		count++
		object, ok := item.(client.Object)
		if !ok || object.GetDeletionTimestamp() != nil && (cascade != v1alpha1.CascadeOrphan || v1alpha1.CascadeRecorded(object) == cascade) {
			return nil
		}
		uid := object.GetUID()
		how := []client.DeleteOption{client.Preconditions{UID: &uid}}
		if cascade == v1alpha1.CascadeOrphan {
			how = append(how, client.PropagationPolicy(metav1.DeletePropagationOrphan))
		}
		if err := c.Delete(ctx, object, how...); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("deleting %s: %w", Title(object), err)
		}
		return nil
	})
	return count, err
}

// NamesOf names the first few objects of a list, for people.
func NamesOf(list client.ObjectList) string {
	const most = 3
	var names []string
	count := 0
	_ = meta.EachListItem(list, func(item runtime.Object) error {
		if object, ok := item.(client.Object); ok && count < most {
			names = append(names, object.GetName())
		}
		count++
		return nil
	})
	if count > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), count-most)
	}
	return strings.Join(names, ", ")
}
