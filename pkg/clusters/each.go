package clusters

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// objectsPerPage bounds what is held of a list at a time, and maxPages the list: a
	// hostile cluster could always have one more.
	objectsPerPage = 250
	maxPages       = 2000
	// eachTimeout bounds the time for all pages.
	eachTimeout = 2 * time.Minute
)

// Each implements Client.
func (t *Target) Each(ctx context.Context, kind Kind, options metav1.ListOptions, visit func(*unstructured.Unstructured)) error {
	options.Limit = objectsPerPage
	ctx, cancel := context.WithTimeout(ctx, eachTimeout)
	defer cancel()
	for range maxPages {
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
	return &UnavailableError{Cluster: t.name, Reason: "EndlessList", Message: "The list of each " + string(kind) + " does not end."}
}
