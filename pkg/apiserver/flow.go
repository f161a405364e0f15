package apiserver

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/registry/store"
)

// seatObjects is how many objects a list looks at for each seat that it takes.
const seatObjects = 5000

// flowOf says whose a request is: the tenant's that it is about, for owners and
// members, and else its caller's. However many users or service accounts a tenant has,
// within the tenant they are one; who manages clusters or is part of the system does
// not wait behind a tenant for looking at it. The service accounts of one namespace
// are one caller, since whoever has a namespace makes as many of them as it likes.
func flowOf(caller user.Info, info *request.RequestInfo, isMember func(caller user.Info, tenant string) bool) string {
	tenant, _, _ := v1alpha1.SplitNamespace(info.Namespace)
	if info.Resource == "tenants" && info.APIGroup == v1alpha1.GroupName {
		tenant = info.Name
	}
	namespace, _, err := serviceaccount.SplitUsername(caller.GetName())
	account := err == nil && namespace != metav1.NamespaceSystem
	switch {
	case account && tenant != "" && isMember(caller, tenant):
		return "tenant " + tenant
	case account:
		return "serviceaccounts " + namespace
	case tenant == "" || manages(caller):
		return "user " + caller.GetName()
	}
	return "tenant " + tenant
}

// manages says whether someone manages clusters, or is part of the system.
func manages(caller user.Info) bool {
	roles := authz.RolesOf(caller)
	return slices.Contains(roles, authz.RoleAdmin) || slices.Contains(roles, authz.RoleOps) || strings.HasPrefix(caller.GetName(), "system:")
}

// isMember says whether someone owns a tenant or has a role in a project of it.
func (c *Config) isMember(caller user.Info, tenant string) bool {
	return c.Members.Access(caller, tenant, "").Member
}

// verbWatch is the verb of watches, which are long-running.
const verbWatch = "watch"

// widthOf is how many seats a request takes: one, or more for a list over all
// namespaces, by the objects that there are and its limit. That bounds the memory which
// all lists of a flow take together. A watch that begins with a list counts as one.
// Owners and members list what they see alone, but for an exact version of it.
func (c *Config) widthOf(req *http.Request, caller user.Info, info *request.RequestInfo) int {
	if info.Namespace != "" || info.Name != "" || c.Generic.StorageObjectCountTracker == nil {
		return 1
	}
	query := req.URL.Query()
	if info.Verb != "list" && (info.Verb != verbWatch || !beginsWithList(query)) {
		return 1
	}
	exact := query.Get("resourceVersionMatch") == string(metav1.ResourceVersionMatchExact)
	if !exact && !manages(caller) && !c.Members.View(caller).Empty() {
		return 1
	}
	stats, err := c.Generic.StorageObjectCountTracker.Get(schema.GroupResource{Group: info.APIGroup, Resource: info.Resource}.String())
	if err != nil && stats.ObjectCount == 0 {
		return 1 // they are counted once a minute
	}
	objects := stats.ObjectCount
	// The watch cache answers any version with all there is, whatever the limit.
	fromCache := info.Verb == verbWatch || query.Get("resourceVersion") == "0"
	if limit, err := strconv.ParseInt(query.Get("limit"), 10, 64); err == nil && limit > 0 && !fromCache {
		objects = min(objects, limit)
	}
	return 1 + int(objects/seatObjects)
}

// beginsWithList says whether a watch tells first of what there is. One that is asked
// for in a way that is refused counts as such.
func beginsWithList(query url.Values) bool {
	var options metav1.ListOptions
	if err := metav1.Convert_url_Values_To_v1_ListOptions(&query, &options, nil); err != nil {
		return true
	}
	return store.BeginsWithList(options.ResourceVersion, options.SendInitialEvents)
}
