package cluster

import (
	"context"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilproxy "k8s.io/apimachinery/pkg/util/proxy"
	"k8s.io/apiserver/pkg/audit"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/connections"
)

// Audit annotations of requests through clusters/proxy.
const (
	auditProxyPath = "proxy.kubenova.io/path"
	auditProxyUser = "proxy.kubenova.io/user"
)

// ProxyREST serves clusters/proxy: it carries requests to the cluster as their
// caller, whose rights there are the cluster's to decide.
type ProxyREST struct {
	clusters    *genericregistry.Store
	connections *connections.Pool
}

var _ rest.Connecter = &ProxyREST{}

// New implements rest.Storage.
func (*ProxyREST) New() runtime.Object { return &v1alpha1.Cluster{} }

// Destroy implements rest.Storage: the main path owns the underlying store.
func (*ProxyREST) Destroy() {}

// ConnectMethods implements rest.Connecter.
func (*ProxyREST) ConnectMethods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
}

// NewConnectOptions implements rest.Connecter: all after the subresource is a path
// on the cluster, and the query is the cluster's too.
func (*ProxyREST) NewConnectOptions() (runtime.Object, bool, string) { return nil, true, "" }

// Connect implements rest.Connecter.
func (r *ProxyREST) Connect(ctx context.Context, name string, _ runtime.Object, responder rest.Responder) (http.Handler, error) {
	caller, found := genericapirequest.UserFrom(ctx)
	if !found {
		return nil, apierrors.NewUnauthorized("a request through a cluster's proxy needs a caller")
	}
	as, err := onTarget(caller)
	if err != nil {
		return nil, apierrors.NewForbidden(v1alpha1.Resource("clusters/proxy"), name, err)
	}
	obj, err := r.clusters.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	connection, err := r.connections.Get(ctx, obj.(*v1alpha1.Cluster))
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		path := pathOnTarget(request.URL.EscapedPath(), name)
		audit.AddAuditAnnotations(request.Context(), auditProxyPath, request.Method+" "+path, auditProxyUser, as.UserName)
		handler, err := connection.Proxy(as, path, request.URL.RawQuery, utilproxy.NewErrorResponder(responder))
		if err != nil {
			responder.Error(err)
			return
		}
		handler.ServeHTTP(w, request)
	}), nil
}

// pathOnTarget is what follows the subresource in a path.
func pathOnTarget(path, name string) string {
	_, rest, _ := strings.Cut(path, "/clusters/"+name+"/proxy")
	if rest == "" {
		return "/"
	}
	return rest
}
