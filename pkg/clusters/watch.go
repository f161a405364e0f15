package clusters

import (
	"context"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/kubevela"
)

// watches are the informers of a target, each with a life of its own: a kind is
// watched while its API is served.
type watches struct {
	mu      sync.RWMutex
	running map[Kind]*watch
}

type watch struct {
	informer cache.SharedIndexInformer
	stop     context.CancelFunc
}

// get returns an object as a watch last saw it. It is false when there is no
// watch that is up to date, or when the watch does not know the object.
func (w *watches) get(kind Kind, namespace, name string) (*unstructured.Unstructured, bool) {
	seen, ok := w.seen(kind)
	if !ok {
		return nil, false
	}
	key := name
	if namespace != "" {
		key = namespace + "/" + name
	}
	found, exists, err := seen.GetByKey(key)
	if err != nil || !exists {
		return nil, false
	}
	object, ok := found.(*unstructured.Unstructured)
	return object, ok
}

// seen is what a watch last saw of a kind. It is false when there is no watch
// that is up to date.
func (w *watches) seen(kind Kind) (cache.Indexer, bool) {
	w.mu.RLock()
	running := w.running[kind]
	w.mu.RUnlock()
	if running == nil || !running.informer.HasSynced() {
		return nil, false
	}
	return running.informer.GetIndexer(), true
}

// list returns the objects under a value of an index as a watch last saw them. It
// is false when there is no watch that is up to date.
func (w *watches) list(kind Kind, index, value string) (out []*unstructured.Unstructured, ok bool) {
	seen, ok := w.seen(kind)
	if !ok {
		return nil, false
	}
	found, err := seen.ByIndex(index, value)
	if err != nil { // only an index that is not there fails
		return nil, false
	}
	for _, item := range found {
		if object, ok := item.(*unstructured.Unstructured); ok {
			out = append(out, object)
		}
	}
	return out, true
}

// byTenant is the index of watched objects by the tenant that they belong to.
const byTenant = "tenant"

func tenantOf(object any) ([]string, error) {
	o, ok := object.(*unstructured.Unstructured)
	if !ok {
		return nil, nil
	}
	return []string{o.GetLabels()[v1alpha1.LabelTenant]}, nil
}

// follow starts and stops watches so that exactly the wanted kinds are watched.
func (t *Target) follow(wanted map[Kind]bool) {
	t.watches.mu.Lock()
	defer t.watches.mu.Unlock()
	for kind, running := range t.watches.running {
		if !wanted[kind] {
			running.stop()
			delete(t.watches.running, kind)
		}
	}
	if t.watches.running == nil {
		t.watches.running = map[Kind]*watch{}
	}
	for kind := range wanted {
		if _, found := t.watches.running[kind]; !found {
			t.watches.running[kind] = t.startWatch(kind)
		}
	}
}

func (t *Target) startWatch(kind Kind) *watch {
	ctx, stop := context.WithCancel(t.ctx)
	informer := dynamicinformer.NewFilteredDynamicInformer(t.dynamic, kind.resource(), metav1.NamespaceAll, 0, indexersOf(kind),
		func(o *metav1.ListOptions) { o.LabelSelector = kind.selector() }).Informer()
	// The setters and AddEventHandler fail only on an informer that has started or stopped.
	must(informer.SetTransform(transformOf(kind)))
	must(informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) {
		t.log.V(1).Info("watch interrupted", "kind", kind, "error", err.Error())
		if !answered(err) {
			t.probeSoon()
		}
	}))
	changed := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if o, ok := object.(*unstructured.Unstructured); ok {
			t.notify(Event{
				Cluster: t.name, Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName(),
				Tenant: o.GetLabels()[v1alpha1.LabelTenant], App: o.GetLabels()[kubevela.LabelApp],
			})
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    changed,
		UpdateFunc: func(_, object any) { changed(object) },
		DeleteFunc: changed,
	})
	must(err)
	t.running.Go(func() { informer.RunWithContext(ctx) })
	return &watch{informer: informer, stop: stop}
}

// withoutManagedFields keeps the cache small: nobody here reads them.
func withoutManagedFields(object any) (any, error) {
	if o, ok := object.(*unstructured.Unstructured); ok {
		o.SetManagedFields(nil)
	}
	return object, nil
}

func must(err error) {
	if err != nil {
		panic("setting up a watch: " + err.Error())
	}
}
