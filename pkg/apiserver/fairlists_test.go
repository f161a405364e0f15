package apiserver_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/fairness"
)

// TestFullListsAreBounded has a caller ask for more at a time than it may: for all of
// 100,000 apps, for pages of them, and for those of one namespace.
func TestFullListsAreBounded(t *testing.T) {
	const asks = 40
	for name, test := range map[string]struct {
		query, namespace string
		served           int
	}{
		"all":                {"", "", 1},
		"half of all":        {"?limit=30000", "", 2},
		"pages":              {"?limit=500", "", 16},
		"pages of the cache": {"?limit=500&resourceVersion=0", "", 1},
		"one namespace":      {"", "kn-acme--web", 16},
		"not what is listed": {"?limit=x", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := apiserver.NewConfig()
			if err != nil {
				t.Fatal(err)
			}
			config.Fairness = fairness.Limits{Seats: 200, PerFlow: 16, Waiting: asks - test.served}
			config.Generic.StorageObjectCountTracker.Set("apps.kubenova.io", storage.Stats{ObjectCount: 100000})
			entered, letGo := make(chan struct{}, asks), make(chan struct{})
			handler := apiserver.Fair(config, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				entered <- struct{}{}
				<-letGo
			}), func(*http.Request, *request.RequestInfo) bool { return false })
			info := &request.RequestInfo{
				IsResourceRequest: true, Verb: "list", APIGroup: v1alpha1.GroupName, APIVersion: "v1alpha1", Resource: "apps", Namespace: test.namespace,
			}
			ask := func(name string) int {
				ctx := request.WithRequestInfo(t.Context(), info)
				ctx = request.WithUser(ctx, &user.DefaultInfo{Name: name, Groups: []string{"kubenova:role:ops"}})
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/"+test.query, nil).WithContext(ctx))
				return answer.Code
			}
			// As many are refused as come when all others are served or wait.
			var wg sync.WaitGroup
			end := sync.OnceFunc(func() { close(letGo) })
			defer end()
			refused := make(chan struct{}, asks)
			for range 2 * asks {
				wg.Go(func() {
					if ask("alice") == http.StatusTooManyRequests {
						refused <- struct{}{}
					}
				})
			}
			for range test.served {
				await(t, entered)
			}
			for range asks {
				await(t, refused)
			}
			if more := len(entered); more > 0 {
				t.Errorf("%d lists are served at a time, want %d", test.served+more, test.served)
			}
			wg.Go(func() { ask("bob") })
			await(t, entered) // while alice waits
			end()
			wg.Wait()
		})
	}
}

func await[T any](t *testing.T, what <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-what:
	case <-time.After(time.Minute):
		t.Fatal("not within a minute")
	}
	return got
}
