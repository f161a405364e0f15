// Package quota bounds how many projects and apps a tenant has, and how many
// people are named in one object. It knows how many there are from an index that
// follows etcd: a request lists nothing.
package quota

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/clock"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/follow"
)

// claimed is for how long an object that was admitted counts if it never comes.
const claimed = 10 * time.Second

// object is one of a tenant, within all of the tenant's.
type object struct{ namespace, name string }

// Index counts the objects of one kind by their tenant. It is a follow.Sink.
//
// What this server admitted counts from then on. What another one admitted counts
// when etcd tells of it, so that tenants can exceed a bound by as many objects as
// other servers admit within that time, which is milliseconds.
type Index struct {
	what  string
	clock clock.PassiveClock

	mu     sync.Mutex
	synced bool
	// there are the objects in etcd, and coming those that were admitted, with the
	// time until which they are waited for.
	there  map[string]map[object]struct{}
	coming map[string]map[object]time.Time
}

var _ follow.Sink = &Index{}

// NewIndex returns an index that is empty until it is run. what names its objects.
func NewIndex(what string) *Index { return newIndex(what, clock.RealClock{}) }

func newIndex(what string, c clock.PassiveClock) *Index {
	return &Index{what: what, clock: c, there: map[string]map[object]struct{}{}, coming: map[string]map[object]time.Time{}}
}

// Run keeps the index in step with a source until ctx is done.
func (x *Index) Run(ctx context.Context, source follow.Source) {
	follow.Run(ctx, "how many "+x.what+" there are", source, x)
}

// errNotYet says that nothing has been read.
var errNotYet = errors.New("the server is starting, and does not know yet how many there are")

// Check is a readiness check.
func (x *Index) Check(*http.Request) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.synced {
		return fmt.Errorf("%s: %w", x.what, errNotYet)
	}
	return nil
}

// admit has one more object of a tenant count, unless that would be more than
// bound; then it returns how many there are. An object that is there already is
// no more. Without keep, the object does not count afterwards.
func (x *Index) admit(tenant string, o object, bound int, keep bool) (have int, ok bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.synced {
		return 0, false, errNotYet
	}
	now := x.clock.Now()
	for other, until := range x.coming[tenant] {
		if until.Before(now) {
			x.forget(tenant, other)
		}
	}
	have = len(x.there[tenant]) + len(x.coming[tenant])
	if _, is := x.there[tenant][o]; is {
		return have, true, nil
	}
	if _, is := x.coming[tenant][o]; is {
		return have, true, nil
	}
	if have >= bound {
		return have, false, nil
	}
	if keep {
		if x.coming[tenant] == nil {
			x.coming[tenant] = map[object]time.Time{}
		}
		x.coming[tenant][o] = now.Add(claimed)
	}
	return have, true, nil
}

// forget has an object that was admitted count no more. The caller holds the lock.
func (x *Index) forget(tenant string, o object) {
	delete(x.coming[tenant], o)
	if len(x.coming[tenant]) == 0 {
		delete(x.coming, tenant)
	}
}

// Replace implements follow.Sink.
func (x *Index) Replace(list runtime.Object) (string, error) {
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.there = map[string]map[object]struct{}{}
	err = meta.EachListItem(list, func(obj runtime.Object) error { return x.change(obj, true) })
	x.synced = x.synced || err == nil
	return accessor.GetResourceVersion(), err
}

// Observe implements follow.Sink.
func (x *Index) Observe(event watch.Event) (string, error) {
	accessor, err := meta.Accessor(event.Object)
	if err != nil || event.Type == watch.Bookmark {
		return accessor.GetResourceVersion(), err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return accessor.GetResourceVersion(), x.change(event.Object, event.Type != watch.Deleted)
}

// change notes that an object is there, or is not. The caller holds the lock.
func (x *Index) change(obj runtime.Object, is bool) error {
	tenant, o, err := keyOf(obj)
	if err != nil || tenant == "" {
		return err
	}
	x.forget(tenant, o)
	if !is {
		delete(x.there[tenant], o)
		if len(x.there[tenant]) == 0 {
			delete(x.there, tenant)
		}
		return nil
	}
	if x.there[tenant] == nil {
		x.there[tenant] = map[object]struct{}{}
	}
	x.there[tenant][o] = struct{}{}
	return nil
}

// Part is what an index reads of each object: its names.
func Part[T any, O interface {
	*T
	follow.Object
}]() follow.Part {
	return follow.PartOf(v1alpha1.SchemeGroupVersion, func(O, struct{}) {})
}

// keyOf returns the tenant of an object, none if it is in no namespace of one.
func keyOf(obj runtime.Object) (tenant string, o object, err error) {
	accessor, err := meta.Accessor(obj)
	if err != nil {
		return "", object{}, err
	}
	return tenantOf(accessor), object{accessor.GetNamespace(), accessor.GetName()}, nil
}

func tenantOf(o metav1.Object) string {
	tenant, _, _ := v1alpha1.SplitNamespace(o.GetNamespace())
	return tenant
}
