package apiserver

import (
	"net/http"
	"time"

	utilwaitgroup "k8s.io/apimachinery/pkg/util/waitgroup"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

const (
	// DefaultShutdownDelay is for how long a server that was told to stop goes on
	// serving: its clients go elsewhere meanwhile.
	DefaultShutdownDelay = 2 * time.Second
	// watchesEnd is how long the watches of a server may take to end with it. Without,
	// it would wait until each client leaves.
	watchesEnd = 5 * time.Second
)

// uncounted has a shutdown not wait for the requests of a handler chain, and not refuse
// any: the REST door makes them for its own requests, which are counted, and one of
// those that is under way has to end well.
func uncounted(generic *genericapiserver.Config) *genericapiserver.Config {
	chain := *generic
	chain.NonLongRunningRequestWaitGroup = &utilwaitgroup.SafeWaitGroup{}
	return &chain
}

// sendAway has clients come with their next requests on another connection once done is
// closed, which a balancer leads to another server. Those who send a request after
// the last one was counted would be told to come again.
func sendAway(handler http.Handler, done <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case <-done:
			w.Header().Set("Connection", "close")
		default:
		}
		handler.ServeHTTP(w, req)
	})
}
