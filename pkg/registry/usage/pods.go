package usage

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubenova/kubenova/pkg/connections"
	"github.com/kubenova/kubenova/pkg/usage"
)

const (
	// podsPerPage bounds what is held of a namespace at a time.
	podsPerPage = 250
	// maxPages bounds how often a cluster is asked for one answer: a hostile one could
	// always have another page.
	maxPages = 1000
)

// requested sums up what the pods of namespaces request, as a ResourceQuota
// counts it: pods that have ended do not count.
func requested(ctx context.Context, connection *connections.Connection, namespaces []string) (total usage.Total, err error) {
	pods := connection.Dynamic().Resource(corev1.SchemeGroupVersion.WithResource("pods"))
	left := maxPages
	for _, namespace := range namespaces {
		options := metav1.ListOptions{Limit: podsPerPage}
		for {
			if left--; left < 0 {
				return total, connection.Unavailable("Its list of pods does not end.")
			}
			page, err := pods.Namespace(namespace).List(ctx, options)
			if err != nil {
				return total, connection.Error(err)
			}
			for i := range page.Items {
				pod, err := usage.PodOf(&page.Items[i])
				if err != nil {
					return total, connection.Unavailable("It has a pod that cannot be read.")
				}
				total.Add(pod)
			}
			if options.Continue = page.GetContinue(); options.Continue == "" {
				break
			}
		}
	}
	return total, nil
}
