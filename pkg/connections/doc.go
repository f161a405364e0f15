// Package connections gives the API server its own clients to registered
// clusters, for answers that have to come from the cluster itself: logs, usage,
// capabilities, kubeconfigs.
//
// Nothing runs in the background: a Connection is made when one is asked for and
// kept, up to a number of them, until the cluster's credentials change. All that
// it does is bounded, so that one cluster which hangs cannot take the server's
// requests with it: each call in its time and in the size of the answer, and
// the number of calls and of streams that are under way for one cluster.
//
// A subresource uses it like this:
//
//	func (r *UsageREST) Get(ctx context.Context, name string, _ *metav1.GetOptions) (runtime.Object, error) {
//		connection, err := r.pool.Get(ctx, cluster)
//		if err != nil {
//			return nil, err
//		}
//		pods, err := connection.Kubernetes().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{Limit: 500})
//		if err != nil {
//			return nil, connection.Error(err)
//		}
//		…
//	}
//
// and for a stream, such as a log that is followed:
//
//	stream, err := connection.KubernetesStreams().CoreV1().Pods(namespace).GetLogs(pod, options).Stream(ctx)
//
// What goes wrong on the way is an API status error: 503 with a time to retry
// after, which names the cluster and neither an address nor what the cluster
// said. The cluster's own 400, 404, 409, 410 and 422 come through.
package connections
