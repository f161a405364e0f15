// Package membershiptest fills indexes of owners and members without a store.
package membershiptest

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/membership"
)

const version = "1"

// Start returns an index of tenants and projects that do not change, which is
// kept up to date until the test ends.
func Start(t testing.TB, tenants []v1alpha1.Tenant, projects []v1alpha1.Project) *membership.Index {
	t.Helper()
	meta := metav1.ListMeta{ResourceVersion: version}
	index := membership.NewIndex()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		index.Run(ctx, newSource(&v1alpha1.TenantList{ListMeta: meta, Items: tenants}), newSource(&v1alpha1.ProjectList{ListMeta: meta, Items: projects}))
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	for !index.Synced() {
		time.Sleep(time.Millisecond)
	}
	return index
}

// source lists the same objects for ever.
type source struct {
	list  runtime.Object
	watch *watch.FakeWatcher
}

func newSource(list runtime.Object) *source { return &source{list: list, watch: watch.NewFake()} }

func (s *source) List(context.Context) (runtime.Object, error) { return s.list, nil }

func (s *source) Watch(ctx context.Context, _ string) (watch.Interface, error) {
	context.AfterFunc(ctx, s.watch.Stop)
	return s.watch, nil
}

func (s *source) AskProgress(context.Context) error {
	bookmark := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{ResourceVersion: version}}
	s.watch.Action(watch.Bookmark, bookmark)
	return nil
}
