package usage

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/usage"
)

// podsPerPage bounds what is held of a namespace at a time.
const podsPerPage = 250

// requested sums up what the pods of namespaces request, as a ResourceQuota
// counts it: pods that have ended do not count.
func requested(ctx context.Context, connection *connections.Connection, namespaces []string) (total usage.Total, err error) {
	for _, namespace := range namespaces {
		options := metav1.ListOptions{Limit: podsPerPage}
		for {
			page, err := connection.Kubernetes().CoreV1().Pods(namespace).List(ctx, options)
			if err != nil {
				return total, connection.Error(err)
			}
			for i := range page.Items {
				total.Add(&page.Items[i])
			}
			if options.Continue = page.Continue; options.Continue == "" {
				break
			}
		}
	}
	return total, nil
}
