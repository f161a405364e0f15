package apiserver

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
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
		flow := flowOf(caller, info)
		if longRunning(req, info) {
			if !watches.take(flow) {
				c.refuseMany(w, req, info, "too many watches and streams, end some or try again later", 10)
				return
			}
			defer watches.give(flow)
			handler.ServeHTTP(w, req)
			return
		}
		give, err := queue.Take(req.Context(), flow)
		if err != nil {
			reason := "the server is busy with requests of others, try again later"
			if errors.Is(err, fairness.ErrFull) {
				reason = err.Error() + ", try again later"
			}
			c.refuseMany(w, req, info, reason, 1)
			return
		}
		defer give()
		handler.ServeHTTP(w, req)
	})
}

func (c *Config) refuseMany(w http.ResponseWriter, req *http.Request, info *request.RequestInfo, reason string, after int) {
	version := schema.GroupVersion{Group: info.APIGroup, Version: info.APIVersion}
	responsewriters.ErrorNegotiated(apierrors.NewTooManyRequests(reason, after), c.Codecs, version, w, req)
}

// flowOf says whose a request is: the tenant's that it is about, for owners and
// members, and else its caller's. However many users a tenant has, within the tenant
// they are one; who manages clusters or is part of the system does not wait behind a
// tenant for looking at it.
func flowOf(caller user.Info, info *request.RequestInfo) string {
	roles := authz.RolesOf(caller)
	manages := slices.Contains(roles, authz.RoleAdmin) || slices.Contains(roles, authz.RoleOps) || strings.HasPrefix(caller.GetName(), "system:")
	tenant, _, _ := v1alpha1.SplitNamespace(info.Namespace)
	if info.Resource == "tenants" && info.APIGroup == v1alpha1.GroupName {
		tenant = info.Name
	}
	if manages || tenant == "" {
		return "user " + caller.GetName()
	}
	return "tenant " + tenant
}
