package facade

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// TestSlowClientsAreCutOff serves changes without end to a client that reads none.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	ended := make(chan time.Duration, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		s := stream{
			open: func(ctx context.Context, _ metav1.ListOptions) (watch.Interface, error) { return flood(ctx), nil },
			convert: func(object metav1.Object) (any, error) {
				return strings.Repeat(object.GetName(), 1<<20), nil
			},
			allowed: func() error { return nil },
		}
		s.serve(w, r, time.Minute)
		ended <- time.Since(started)
	}))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	select {
	case after := <-ended:
		if after < writeTimeout {
			t.Errorf("it was cut off after %s", after)
		}
	case <-time.After(writeTimeout + 15*time.Second):
		t.Error("a client that reads nothing is still served")
	}
}

// flood is a watch with a change at every moment.
func flood(ctx context.Context) watch.Interface {
	changes := make(chan watch.Event)
	go func() {
		event := watch.Event{Type: watch.Modified, Object: &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "x"}}}
		for ctx.Err() == nil {
			select {
			case changes <- event:
			case <-ctx.Done():
			}
		}
	}()
	return watch.NewProxyWatcher(changes)
}

func TestStreamCheck(t *testing.T) {
	check := StreamCheck()
	for _, c := range []struct {
		method, path, accept string
		want                 bool
	}{
		{"GET", "/api/v1/clusters", "text/event-stream", true},
		{"GET", "/api/v1/clusters/x/tenants/y/projects/z/apps/a/status", "text/event-stream", true},
		{"GET", "/api/v1/clusters", "", false},
		{"GET", "/api/v1/clusters", "*/*", false},
		{"HEAD", "/api/v1/clusters", "text/event-stream", false},
		{"POST", "/api/v1/clusters", "text/event-stream", false},
		{"GET", "/api/v1/me", "text/event-stream", false},
		{"GET", "/api/v1/nothing", "text/event-stream", false},
		{"GET", "/api/v1/../api/v1/clusters", "text/event-stream", false},
		{"GET", "/api/v1//clusters", "text/event-stream", false},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		if got := check(r); got != c.want {
			t.Errorf("%s %s with %q: %v", c.method, c.path, c.accept, got)
		}
	}
}
