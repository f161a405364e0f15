package parents

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxRead bounds a read that nobody's context bounds.
const maxRead = 10 * time.Second

// key names a parent.
type key struct {
	resource
	namespace, name string
}

type read func(context.Context) (metav1.Object, error)

// shared has those who ask for the same parent at the same time share a read of it.
// Nobody is answered by a read that had begun before it asked: what another call has
// made or deleted until then is seen.
type shared struct {
	mu sync.Mutex
	// running has the parents that are being read, each with the read that comes after
	// that one, which is nil until someone waits for it.
	running map[key]*answer
}

// answer is that of a read to come.
type answer struct {
	ctx    context.Context
	done   chan struct{}
	object metav1.Object
	err    error
}

// get reads a parent, or waits for the read that comes next while it is being read.
func (s *shared) get(ctx context.Context, parent key, do read) (metav1.Object, error) {
	next := s.join(ctx, parent)
	if next == nil {
		defer s.goOn(parent, do)
		return do(ctx)
	}
	select {
	case <-next.done:
		return next.object, next.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join returns the read to wait for, and none for the first to come.
func (s *shared) join(ctx context.Context, parent key) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, busy := s.running[parent]
	switch {
	case !busy && s.running == nil:
		s.running = map[key]*answer{parent: nil}
	case !busy:
		s.running[parent] = nil
	case next == nil:
		next = &answer{ctx: context.WithoutCancel(ctx), done: make(chan struct{})}
		s.running[parent] = next
	}
	return next
}

// goOn reads for those who have come to wait, if any, after a read has ended.
func (s *shared) goOn(parent key, do read) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.running[parent]
	if next == nil {
		delete(s.running, parent)
		return
	}
	s.running[parent] = nil
	go func() {
		defer s.goOn(parent, do)
		ctx, cancel := context.WithTimeout(next.ctx, maxRead)
		defer cancel()
		next.object, next.err = do(ctx)
		close(next.done)
	}()
}
