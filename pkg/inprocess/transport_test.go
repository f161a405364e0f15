package inprocess_test

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func TestCallsAreMadeAsTheUser(t *testing.T) {
	server := testserver.Start(t)
	clusters := server.ClientFor(t, "nobody").KubenovaV1alpha1().Clusters()
	if _, err := clusters.List(t.Context(), metav1.ListOptions{}); err == nil {
		t.Error("a user without rights lists clusters")
	}
	admin := server.ClientFor(t, "root", "system:masters").KubenovaV1alpha1().Clusters()
	if _, err := admin.List(t.Context(), metav1.ListOptions{}); err != nil {
		t.Errorf("an administrator cannot list clusters: %v", err)
	}
}

func TestWatchStreams(t *testing.T) {
	server := testserver.Start(t)
	clusters := server.ClientFor(t, "root", "system:masters").KubenovaV1alpha1().Clusters()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	watcher, err := clusters.Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		if _, err := clusters.Create(ctx, &v1alpha1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		// The event must come while the watch is open, not with its end.
		event, open := <-watcher.ResultChan()
		if !open || event.Type != watch.Added || event.Object.(*v1alpha1.Cluster).Name != name {
			t.Fatalf("after creating %s came %v, %v", name, event, open)
		}
	}
	watcher.Stop()
	for range watcher.ResultChan() {
		// Only its end matters: a handler that goes on writing would never end it.
	}
}
