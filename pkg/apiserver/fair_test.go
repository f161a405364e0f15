package apiserver_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/authz"
	"github.com/kubenova/kubenova/pkg/fairness"
	"github.com/kubenova/kubenova/pkg/membership/membershiptest"
	"github.com/kubenova/kubenova/pkg/standalone"
	"github.com/kubenova/kubenova/pkg/testserver"
)

// busy is a server with few seats and two tenants, of which dev sees what a member
// sees, and all others everything.
type busy struct {
	config *apiserver.Config
	rest   *httptest.Server
}

func startBusy(t *testing.T) *busy {
	t.Helper()
	dataDir := t.TempDir()
	server := testserver.Start(t, func(o *standalone.Options) { o.DataDir = dataDir })
	grow(t, server.Client, "noisy", "calm")
	for i := range 150 {
		if err := membershiptest.AddApp(t.Context(), server.Client.KubenovaV1alpha1(), "noisy", "web", fmt.Sprintf("app-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	config := overEtcd(t, server.Etcd, apiserver.DefaultEtcdPrefix, filepath.Join(dataDir, "encryption.yaml"))
	config.Fairness = fairness.Limits{Seats: 4, PerFlow: 2, Waiting: 4}
	config.MaxWatches = 50
	config.Generic.Authorization.Authorizer = authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		if a.GetVerb() == authz.VerbListAll && a.GetUser().GetName() == "dev" {
			return authorizer.DecisionNoOpinion, "", nil
		}
		return authorizer.DecisionAllow, "", nil
	})
	byHeader := apiserver.Authentication{Authenticator: authenticator.RequestFunc(func(req *http.Request) (*authenticator.Response, bool, error) {
		return &authenticator.Response{User: &user.DefaultInfo{Name: req.Header.Get("Test-User")}}, true, nil
	})}
	b := &busy{config: config, rest: httptest.NewServer(run(t, config).RESTWith(byHeader))}
	t.Cleanup(b.rest.Close)
	return b
}

// native lists the apps of a tenant as one of its owners.
func (b *busy) native(ctx context.Context, tenant string) (int, error) {
	client, err := b.config.InProcess.ClientFor(&user.DefaultInfo{Name: "owner-of-" + tenant})
	if err != nil {
		return 0, err
	}
	_, err = client.KubenovaV1alpha1().Apps(v1alpha1.ProjectNamespace(tenant, "web")).List(ctx, metav1.ListOptions{})
	if apierrors.IsTooManyRequests(err) {
		return http.StatusTooManyRequests, nil
	}
	return http.StatusOK, err
}

// viaREST is native through the REST door.
func (b *busy) viaREST(ctx context.Context, tenant string) (int, error) {
	url := b.rest.URL + "/api/v1/clusters/" + membershiptest.Cluster + "/tenants/" + tenant + "/projects/web/apps"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Test-User", "owner-of-"+tenant)
	response, err := b.rest.Client().Do(req)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// TestFloodsDoNotSlowOthers has one tenant send all it can through one door, and
// another come now and then through each.
func TestFloodsDoNotSlowOthers(t *testing.T) {
	b := startBusy(t)
	doors := map[string]func(context.Context, string) (int, error){"native": b.native, "REST": b.viaREST}
	for floodDoor, flood := range doors {
		for door, ask := range doors {
			alone := slowest(t, ask)
			ctx, stop := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			var served, refused atomic.Int64
			for range 12 {
				wg.Go(func() {
					for ctx.Err() == nil {
						switch status, err := flood(ctx, "noisy"); {
						case err != nil && ctx.Err() == nil:
							t.Errorf("the flood: %v", err)
						case status == http.StatusTooManyRequests:
							refused.Add(1)
							time.Sleep(5 * time.Millisecond) // it is told to wait for longer
						case status == http.StatusOK:
							served.Add(1)
						}
					}
				})
			}
			for served.Load() < 20 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			during := slowest(t, ask)
			stop()
			wg.Wait()
			t.Logf("flood through %s (%d served, %d refused), another tenant through %s: slowest of 40 %s alone, %s during", floodDoor, served.Load(), refused.Load(), door, alone, during)
			if refused.Load() == 0 {
				t.Errorf("the flood through %s was never told to wait", floodDoor)
			}
		}
	}
}

// slowest asks for a calm tenant's apps, which is never refused.
func slowest(t *testing.T, ask func(context.Context, string) (int, error)) time.Duration {
	t.Helper()
	var took []time.Duration
	for range 40 {
		begin := time.Now()
		if status, err := ask(t.Context(), "calm"); err != nil || status != http.StatusOK {
			t.Fatalf("a calm tenant is answered %d, %v", status, err)
		}
		took = append(took, time.Since(begin))
	}
	return slices.Max(took)
}

// TestWatchesAreBounded has one tenant watch more than it may.
func TestWatchesAreBounded(t *testing.T) {
	b := startBusy(t)
	watch := func(tenant string) error {
		client, err := b.config.InProcess.ClientFor(&user.DefaultInfo{Name: "owner-of-" + tenant})
		if err != nil {
			return err
		}
		watcher, err := client.KubenovaV1alpha1().Apps(v1alpha1.ProjectNamespace(tenant, "web")).Watch(t.Context(), metav1.ListOptions{})
		if err == nil {
			t.Cleanup(watcher.Stop)
			go func() {
				for range watcher.ResultChan() { // what is not read holds seats
				}
			}()
		}
		return err
	}
	for i := range 5 {
		if err := watch("noisy"); err != nil {
			t.Fatalf("watch %d: %v", i, err)
		}
	}
	if err := watch("noisy"); !apierrors.IsTooManyRequests(err) {
		t.Errorf("a watch too many: %v", err)
	}
	if err := watch("calm"); err != nil {
		t.Errorf("the watch of another: %v", err)
	}
}

func TestFlowOf(t *testing.T) {
	inTenant := &request.RequestInfo{APIGroup: v1alpha1.GroupName, Resource: "apps", Namespace: v1alpha1.ProjectNamespace("acme", "web")}
	owns := func(caller user.Info, tenant string) bool {
		return caller.GetName() == "system:serviceaccount:acme--web:robot" && tenant == "acme"
	}
	everywhere := &request.RequestInfo{APIGroup: v1alpha1.GroupName, Resource: "apps"}
	for _, test := range []struct {
		caller user.DefaultInfo
		info   *request.RequestInfo
		want   string
	}{
		{user.DefaultInfo{Name: "system:serviceaccount:acme--web:robot"}, inTenant, "tenant acme"},
		{user.DefaultInfo{Name: "system:serviceaccount:acme--web:robot"}, everywhere, "serviceaccounts acme--web"},
		{user.DefaultInfo{Name: "system:serviceaccount:acme--web:robot-2"}, everywhere, "serviceaccounts acme--web"},
		{user.DefaultInfo{Name: "system:serviceaccount:argocd:controller"}, inTenant, "serviceaccounts argocd"},
		{user.DefaultInfo{Name: "system:serviceaccount:argocd:server", Groups: []string{"kubenova:role:admin"}}, inTenant, "serviceaccounts argocd"},
		{user.DefaultInfo{Name: "system:serviceaccount:kube-system:namespace-controller"}, inTenant, "user system:serviceaccount:kube-system:namespace-controller"},
		{user.DefaultInfo{Name: "ann"}, inTenant, "tenant acme"},
		{user.DefaultInfo{Name: "bob", Groups: []string{"kubenova:role:tenantOwner"}}, inTenant, "tenant acme"},
		{user.DefaultInfo{Name: "ann"}, &request.RequestInfo{APIGroup: v1alpha1.GroupName, Resource: "tenants", Name: "acme"}, "tenant acme"},
		{user.DefaultInfo{Name: "ann"}, &request.RequestInfo{APIGroup: v1alpha1.GroupName, Resource: "apps"}, "user ann"},
		{user.DefaultInfo{Name: "ann"}, &request.RequestInfo{APIGroup: v1alpha1.GroupName, Resource: "clusters", Name: "acme"}, "user ann"},
		{user.DefaultInfo{Name: "olga", Groups: []string{"kubenova:role:ops"}}, inTenant, "user olga"},
		{user.DefaultInfo{Name: "root", Groups: []string{user.SystemPrivilegedGroup}}, inTenant, "user root"},
		{user.DefaultInfo{Name: "system:kube-controller-manager"}, inTenant, "user system:kube-controller-manager"},
	} {
		if got := apiserver.FlowOf(&test.caller, test.info, owns); got != test.want {
			t.Errorf("%s about %s: %q, want %q", test.caller.Name, test.info.Resource, got, test.want)
		}
	}
}
