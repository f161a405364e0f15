package apiserver

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"

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
		flow, long := flowOf(caller, info, c.isMember), longRunning(req, info)
		if long {
			if !watches.take(flow) {
				c.refuseMany(w, req, info, "too many watches and streams, end some or try again later", 10)
				return
			}
			defer watches.give(flow)
		}
		if long && info.Verb != verbWatch {
			handler.ServeHTTP(w, req)
			return
		}
		seat, err := c.take(req.Context(), queue, flow, c.widthOf(req, caller, info))
		if err != nil {
			reason := "the server is busy with requests of others, try again later"
			if errors.Is(err, fairness.ErrFull) {
				reason = err.Error() + ", try again later"
			}
			c.refuseMany(w, req, info, reason, 1)
			return
		}
		defer seat.Give()
		ctx := fairness.WithSeat(req.Context(), seat)
		if long {
			var stop func()
			ctx, stop = c.untilInitialized(ctx, seat)
			defer stop()
		}
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

// take waits for a seat, for as long as any other request may take.
func (c *Config) take(ctx context.Context, queue *fairness.Queue, flow string, width int) (*fairness.Seat, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Generic.RequestTimeout)
	defer cancel()
	return queue.Take(ctx, flow, width)
}

// untilInitialized has a watch give its seat back once it has told of what there is,
// which is as much work as a list of it. Who reads that slowly holds the seat for no
// longer than a list could.
func (c *Config) untilInitialized(ctx context.Context, seat *fairness.Seat) (_ context.Context, stop func()) {
	late := time.AfterFunc(c.Generic.RequestTimeout, seat.Give)
	signal := initialized{utilflowcontrol.NewInitializationSignal(), ctx, seat}
	return utilflowcontrol.WithInitializationSignal(ctx, signal), func() { late.Stop() }
}

// initialized hears that a watch has told of what there is.
type initialized struct {
	utilflowcontrol.InitializationSignal
	outer context.Context
	seat  *fairness.Seat
}

// Signal tells the filters before this one as well, whose signal this hides.
func (i initialized) Signal() {
	i.InitializationSignal.Signal()
	i.seat.Give()
	utilflowcontrol.WatchInitialized(i.outer)
}

func (c *Config) refuseMany(w http.ResponseWriter, req *http.Request, info *request.RequestInfo, reason string, after int) {
	version := schema.GroupVersion{Group: info.APIGroup, Version: info.APIVersion}
	responsewriters.ErrorNegotiated(apierrors.NewTooManyRequests(reason, after), c.Codecs, version, w, req)
}
