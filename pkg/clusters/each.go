package clusters

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// objectsPerPage bounds what is held of a list at a time.
const objectsPerPage = 250

// Each implements Client.
func (t *Target) Each(ctx context.Context, kind Kind, options metav1.ListOptions, visit func(*unstructured.Unstructured)) error {
	options.Limit = objectsPerPage
	for {
		var page *unstructured.UnstructuredList
		err := t.call(ctx, func(ctx context.Context) (err error) {
			page, err = at(t.dynamic, kind, "").List(ctx, options)
			return err
		})
		if err != nil {
			if answered(err) {
				return fmt.Errorf("listing each %s: %w", kind, err)
			}
			return err
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}
