package facade_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/facade"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// recorder notes which calls reach the API server.
type recorder struct {
	lock  sync.Mutex
	calls []request.RequestInfo
}

func (r *recorder) wrap(next http.RoundTripper) http.RoundTripper {
	infos := request.RequestInfoFactory{APIPrefixes: sets.NewString("apis")}
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		info, err := infos.NewRequestInfo(req)
		if err != nil {
			return nil, err
		}
		r.lock.Lock()
		r.calls = append(r.calls, *info)
		r.lock.Unlock()
		return next.RoundTrip(req)
	})
}

// TestTableIsTrue calls every route and checks that it makes the call that the
// table says it amounts to, so that this call's authorization is the route's.
func TestTableIsTrue(t *testing.T) {
	t.Parallel()
	var seen recorder
	server := testserver.Start(t)
	stock(t, server)
	d := before(t, server, seen.wrap)
	made := d.grow(t, "t")
	var runs []struct{ ID string }
	for range 2 {
		d.call(t, "POST", made.app+":deploy", "").want(202)
	}
	d.call(t, "GET", made.app+"/workflow/runs", "").want(200).into(&runs)
	bodies := map[string]string{
		"image-update": `{"component":"web","image":"nginx","tag":"1"}`,
		"clusters":     `{"name":"x","kubeconfig":"` + kubeconfig() + `"}`,
		"tenants":      `{"name":"x"}`,
		"owners":       `{"owners":["x"]}`,
		"quotas":       `{"cpu":"4"}`, "limits": `{"pods":"50"}`, "network-policies": `{"defaultDeny":true}`,
		"plan":       `{"name":"gold"}`,
		":rollback":  `{"toRevision":1}`,
		"tokens":     `{"subject":"x","roles":["readOnly"]}`,
		"access":     `{"members":[{"subject":"x","role":"readOnly"}]}`,
		"projects":   `{"name":"x"}`,
		"apps":       `{"name":"x"}`,
		"policysets": `{"name":"x"}`,
		"{project}":  `{"labels":{"x":"y"}}`,
		"{tenant}":   `{"cordoned":true}`, "{cluster}": `{"labels":{"x":"y"}}`,
		"traits": `[]`, "policies": `[]`, "{app}": `{"description":"x"}`, "{policyset}": `{"description":"x"}`,
	}
	names := strings.NewReplacer("{cluster}", "t-cluster", "{tenant}", "t-tenant", "{project}", "t-project", "{app}", "t-app",
		"{policyset}", "t-set", "{plan}", "gold", "{component}", "tenancy", "{run}", runs[0].ID, "{appComponent}", "web", "{from}", "1", "{to}", "2", "/:", ":", facade.Prefix, "")
	for _, route := range facade.RouteNeeds() {
		body := ""
		if route.Method == http.MethodPost || route.Method == http.MethodPut {
			body = bodies[route.Path[strings.LastIndex(route.Path, "/")+1:]]
			if route.Method == http.MethodPut && route.Subresource == "kubeconfig" {
				body = `{"kubeconfig":"` + kubeconfig() + `"}`
			}
		}
		seen.calls = nil
		// Outside of its tenant, a project is known by its uid alone.
		path := strings.Replace(route.Path, facade.Prefix+"/projects/{project}", "/projects/"+made.project[strings.LastIndex(made.project, "/")+1:], 1)
		got := d.call(t, route.Method, names.Replace(path)+"?dryRun=All", body)
		inUse := route.Method == http.MethodDelete && route.Resource == "clusters"
		// There is no cluster behind t-cluster.
		asksCluster := slices.Contains([]string{"capabilities", "cleanup", "logs"}, route.Subresource) && got.status == http.StatusServiceUnavailable
		if got.status >= 300 && !inUse && !asksCluster {
			t.Errorf("%s %s: got %d %s", route.Method, route.Path, got.status, got.body)
		}
		found := false
		for _, call := range seen.calls {
			found = found || call.Verb == route.Verb && call.Resource == route.Resource && call.Subresource == route.Subresource
			if call.APIGroup != "kubenova.io" {
				t.Errorf("%s %s calls %s", route.Method, route.Path, call.Path)
			}
		}
		if !found {
			t.Errorf("%s %s makes no call to %s %s %s: %+v", route.Method, route.Path, route.Verb, route.Resource, route.Subresource, seen.calls)
		}
	}
}
