package apiserver

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/klog/v2"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/registry/app"
)

// reauthentication is how often the caller of a stream or a watch must still be
// who it was: revoked access ends within 5 seconds.
const reauthentication = 4 * time.Second

// longRunningREST adds the streams of the REST door to what else takes long.
func longRunningREST(others request.LongRunningRequestCheck) request.LongRunningRequestCheck {
	streams := facade.StreamCheck()
	return func(req *http.Request, info *request.RequestInfo) bool {
		return isREST(req.URL.Path) && streams(req) || others != nil && others(req, info)
	}
}

// orFollowsLogs adds the logs of apps that are followed, and what is passed on to
// clusters, to what else takes long.
func orFollowsLogs(others request.LongRunningRequestCheck) request.LongRunningRequestCheck {
	return func(req *http.Request, info *request.RequestInfo) bool {
		if info != nil && info.APIGroup == v1alpha1.GroupName && info.Resource == "clusters" && info.Subresource == "proxy" {
			return true
		}
		logs := info != nil && info.APIGroup == v1alpha1.GroupName && info.Resource == "apps" && info.Subresource == "logs"
		return logs && app.Follows(req.URL.Query()) || others(req, info)
	}
}

func isLongRunning(req *http.Request, check request.LongRunningRequestCheck) bool {
	info, _ := request.RequestInfoFrom(req.Context()) // a check that needs one fails without
	return check(req, info)
}

// endLongRunning ends long-running requests when done is closed.
func endLongRunning(handler http.Handler, longRunning request.LongRunningRequestCheck, done <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isLongRunning(req, longRunning) {
			handler.ServeHTTP(w, req)
			return
		}
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		go func() {
			select {
			case <-done:
				cancel()
			case <-ctx.Done():
			}
		}()
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

// withReauthentication ends a long-running request soon after what it
// authenticated with has expired or was revoked.
func withReauthentication(handler http.Handler, auth authenticator.Request, longRunning request.LongRunningRequestCheck, every time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !isLongRunning(req, longRunning) {
			handler.ServeHTTP(w, req)
			return
		}
		ctx, cancel := context.WithCancel(req.Context())
		defer cancel()
		// Authenticators take the credentials off the request that they see.
		saved := req.Clone(ctx)
		saved.Body = http.NoBody
		go func() {
			defer cancel()
			reauthenticate(ctx, auth, saved, every)
		}()
		handler.ServeHTTP(w, req.WithContext(ctx))
	})
}

// reauthenticate returns when the credentials of a request are not valid any more.
func reauthenticate(ctx context.Context, auth authenticator.Request, saved *http.Request, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, ok, err := auth.AuthenticateRequest(saved.Clone(ctx)); err != nil || !ok {
			klog.FromContext(ctx).V(2).Info("Stream ends with its caller's credentials", "path", saved.URL.Path, "err", err)
			return
		}
	}
}

// streams bounds how many streams there are, in all and for each caller.
type streams struct {
	most int

	mu      sync.Mutex
	all     int
	callers map[string]int
}

func newStreams(most int) *streams {
	return &streams{most: cmp.Or(most, DefaultMaxRESTStreams), callers: map[string]int{}}
}

// bound refuses a stream that is one too many. It stands behind authentication.
func (s *streams) bound(handler http.Handler, longRunning request.LongRunningRequestCheck) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		caller, ok := request.UserFrom(req.Context())
		if !ok || !isLongRunning(req, longRunning) {
			handler.ServeHTTP(w, req)
			return
		}
		if !s.take(caller.GetName()) {
			w.Header().Set("Retry-After", "10")
			writeProblem(w, http.StatusTooManyRequests, "too many streams, end some or try again later")
			return
		}
		defer s.give(caller.GetName())
		handler.ServeHTTP(w, req)
	})
}

func (s *streams) take(caller string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.most || s.callers[caller] >= max(s.most/10, 1) {
		return false
	}
	s.all++
	s.callers[caller]++
	return true
}

func (s *streams) give(caller string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.callers[caller]--; s.callers[caller] == 0 {
		delete(s.callers, caller)
	}
}
