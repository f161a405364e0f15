package apiserver

import (
	"cmp"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/fairness"
)

// DefaultMaxWatches is how many watches and other long-running requests the native
// API serves at a time unless the Config says otherwise.
const DefaultMaxWatches = 10000

// fair has requests wait for a seat behind those who hold fewer, and bounds watches.
// It stands behind authorization: nobody takes the seats of a tenant that is not its
// own. Requests of the REST door come by here as well, as their caller.
func (c *Config) fair(handler http.Handler, longRunning request.LongRunningRequestCheck) http.Handler {
	queue, watches := fairness.New(c.Fairness), newStreams(cmp.Or(c.MaxWatches, DefaultMaxWatches))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		info, known := request.RequestInfoFrom(req.Context())
		caller, authenticated := request.UserFrom(req.Context())
		if !known || !authenticated || !info.IsResourceRequest {
			handler.ServeHTTP(w, req)
			return
		}
		flow := flowOf(caller, info, c.isMember)
		if longRunning(req, info) {
			if !watches.take(flow) {
				c.refuseMany(w, req, info, "too many watches and streams, end some or try again later", 10)
				return
			}
			defer watches.give(flow)
			handler.ServeHTTP(w, req)
			return
		}
		give, err := queue.Take(req.Context(), flow, c.widthOf(req, caller, info))
		if err != nil {
			reason := "the server is busy with requests of others, try again later"
			if errors.Is(err, fairness.ErrFull) {
				reason = err.Error() + ", try again later"
			}
			c.refuseMany(w, req, info, reason, 1)
			return
		}
		ctx, give := fairness.WithSeat(req.Context(), give)
		defer give()
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

func (c *Config) refuseMany(w http.ResponseWriter, req *http.Request, info *request.RequestInfo, reason string, after int) {
	version := schema.GroupVersion{Group: info.APIGroup, Version: info.APIVersion}
	responsewriters.ErrorNegotiated(apierrors.NewTooManyRequests(reason, after), c.Codecs, version, w, req)
}
