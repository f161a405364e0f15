package connections

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// rotating are credentials that change while they are read.
type rotating struct{ kubeconfig atomic.Pointer[[]byte] }

func (r *rotating) put(kubeconfig []byte) { r.kubeconfig.Store(&kubeconfig) }

func (r *rotating) Kubeconfig(context.Context, *v1alpha1.Cluster) ([]byte, error) {
	return *r.kubeconfig.Load(), nil
}

// TestRotationWithoutAGap has requests go on while the credentials are replaced ten
// times, each time by such as no earlier ones are accepted a moment later.
func TestRotationWithoutAGap(t *testing.T) {
	var mu sync.Mutex
	accepted := map[string]bool{"Bearer token-0": true}
	serve := pods()
	s := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ok := accepted[r.Header.Get("Authorization")]
		mu.Unlock()
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		serve(w, r)
	})
	var revision atomic.Int64
	revision.Store(1)
	current := func() *v1alpha1.Cluster { return clusterNamed("dev", revision.Load()) }
	stored := &rotating{}
	stored.put(s.kubeconfigWith("token-0"))
	pool := NewPool(stored, loopback())
	defer pool.Close()

	var failed atomic.Int64
	var done [8]atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for client := range done {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				connection, err := pool.Get(t.Context(), current())
				if err == nil {
					err = listPods(t.Context(), connection)
				}
				if done[client].Add(1); err != nil {
					failed.Add(1)
					t.Errorf("during a rotation: %v", err)
				}
			}
		})
	}
	for i := 1; i <= 10; i++ {
		former, token := "token-"+string(rune('0'+i-1)), "token-"+string(rune('0'+i%10))
		mu.Lock()
		accepted["Bearer "+token] = true
		mu.Unlock()
		// As the API server does: the credentials first, then the count.
		stored.put(s.kubeconfigWith(token))
		revision.Add(1)
		for client := range done { // what has begun with the former may end
			before := done[client].Load()
			eventually(t, "requests to end", func() bool { return done[client].Load() >= before+2 })
		}
		mu.Lock()
		delete(accepted, "Bearer "+former)
		mu.Unlock()
	}
	close(stop)
	clients.Wait()
	all := int64(0)
	for client := range done {
		all += done[client].Load()
	}
	t.Logf("%d requests over 10 rotations, %d failed", all, failed.Load())
}
