package apiserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/storage"
	utilflowcontrol "k8s.io/apiserver/pkg/util/flowcontrol"
	"k8s.io/utils/ptr"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/apiserver"
	"github.com/kubenova/kubenova/pkg/fairness"
)

// TestWatchesThatListAreBounded has a caller watch 100,000 apps again and again: those
// that begin with a list take turns until they have told of it, and go on without a seat.
func TestWatchesThatListAreBounded(t *testing.T) {
	for query, width := range map[string]int{
		"sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true": 16,
		"sendInitialEvents=true&limit=1":      16,
		"resourceVersion=0":                   16,
		"":                                    16,
		"resourceVersion=7":                   1,
		"sendInitialEvents=false":             1,
		"sendInitialEvents=x&timeoutSeconds=": 16,
	} {
		t.Run(query, func(t *testing.T) {
			config, err := apiserver.NewConfig()
			if err != nil {
				t.Fatal(err)
			}
			config.Fairness = fairness.Limits{Seats: 200, PerFlow: 16, Waiting: 1}
			config.Generic.StorageObjectCountTracker.Set("apps.kubenova.io", storage.Stats{ObjectCount: 100000})
			watches, letGo := make(chan context.Context, 100), make(chan struct{})
			handler := apiserver.Fair(config, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
				watches <- req.Context()
				<-letGo
			}), func(*http.Request, *request.RequestInfo) bool { return true })
			outer := utilflowcontrol.NewInitializationSignal()
			ctx := utilflowcontrol.WithInitializationSignal(t.Context(), outer)
			var wg sync.WaitGroup
			defer wg.Wait()
			defer close(letGo)
			refused := make(chan struct{}, 100)
			start := func() {
				wg.Go(func() {
					if watchApps(ctx, handler, query) == http.StatusTooManyRequests {
						refused <- struct{}{}
					}
				})
			}
			// One more waits, and the next one is refused.
			served := 16 / width
			for range served + 2 {
				start()
			}
			await(t, refused)
			var first context.Context
			for range served {
				first = await(t, watches)
			}
			if more := len(watches); more > 0 {
				t.Errorf("%d watches list at a time, want %d", served+more, served)
			}
			utilflowcontrol.WatchInitialized(first)
			utilflowcontrol.WatchInitialized(first)
			await(t, watches) // while the first one goes on
			outer.Wait()      // the filter before, which has seats of its own, is told as well
		})
	}
}

// watchApps asks as alice, who may see all apps.
func watchApps(ctx context.Context, handler http.Handler, query string) int {
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "watch", APIGroup: v1alpha1.GroupName, APIVersion: "v1alpha1", Resource: "apps",
	})
	ctx = request.WithUser(ctx, &user.DefaultInfo{Name: "alice", Groups: []string{"kubenova:role:ops"}})
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/?watch=true&"+query, nil).WithContext(ctx))
	return answer.Code
}

// TestWatchesThatAreNeverReadLoseTheirSeats has a watch take the only seat, and another
// one come when a list would have ended.
func TestWatchesThatAreNeverReadLoseTheirSeats(t *testing.T) {
	config, err := apiserver.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	config.Fairness = fairness.Limits{Seats: 1, PerFlow: 1, Waiting: 1}
	config.Generic.RequestTimeout = 100 * time.Millisecond
	entered, letGo := make(chan struct{}), make(chan struct{})
	handler := apiserver.Fair(config, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Query().Has("unread") {
			close(entered)
			<-letGo
		}
	}), func(*http.Request, *request.RequestInfo) bool { return true })
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(letGo)
	wg.Go(func() { watchApps(t.Context(), handler, "unread") })
	await(t, entered)
	for end := time.Now().Add(time.Minute); watchApps(t.Context(), handler, "") != http.StatusOK; {
		if time.Now().After(end) {
			t.Fatal("a watch that is not read keeps its seat")
		}
	}
}

// TestWatchesHoldSeatsUntilTheyAreRead has a tenant's watches that begin with a list of
// 150 apps take all its seats, until that is read.
func TestWatchesHoldSeatsUntilTheyAreRead(t *testing.T) {
	b := startBusy(t)
	for what, caller := range map[string]string{"all there is": "owner-of-noisy", "what a member sees": "dev"} {
		t.Run(what, func(t *testing.T) { b.watchUnread(t, caller) })
	}
}

func (b *busy) watchUnread(t *testing.T, caller string) {
	client, err := b.config.InProcess.ClientFor(&user.DefaultInfo{Name: caller})
	if err != nil {
		t.Fatal(err)
	}
	var watches []watch.Interface
	for range 2 {
		watcher, err := client.KubenovaV1alpha1().Apps(v1alpha1.ProjectNamespace("noisy", "web")).Watch(t.Context(), metav1.ListOptions{
			SendInitialEvents: ptr.To(true), AllowWatchBookmarks: true, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer watcher.Stop()
		watches = append(watches, watcher)
	}
	var wg sync.WaitGroup
	statuses := make(chan int, 5)
	for range cap(statuses) { // four of which can wait
		wg.Go(func() {
			status, err := b.native(t.Context(), "noisy")
			if err != nil {
				t.Error(err)
			}
			statuses <- status
		})
	}
	if status := <-statuses; status != http.StatusTooManyRequests {
		t.Errorf("while the watches hold all seats of the tenant, it is answered %d", status)
	}
	if status, err := b.native(t.Context(), "calm"); err != nil || status != http.StatusOK {
		t.Errorf("another tenant is answered %d, %v", status, err)
	}
	for _, watcher := range watches {
		if err := readInitial(watcher); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	for range cap(statuses) - 1 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("after the watches were read, the tenant is answered %d", status)
		}
	}
}

// readInitial reads what a watch tells of first.
func readInitial(watcher watch.Interface) error {
	for event := range watcher.ResultChan() {
		app, ok := event.Object.(*v1alpha1.App)
		if !ok {
			return fmt.Errorf("the watch tells of %T", event.Object)
		}
		if event.Type == watch.Bookmark && app.Annotations[metav1.InitialEventsAnnotationKey] == "true" {
			return nil
		}
	}
	return errors.New("the watch ended before it told of everything")
}
