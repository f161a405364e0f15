package connections

import (
	"context"
	"sync/atomic"

	"github.com/kubenova/kubenova/pkg/clusters"
	"github.com/kubenova/kubenova/pkg/fairness"
)

// places bound what is under way for one cluster at a time.
type places struct {
	taken chan struct{}
	pool  *clusters.Connection
	// failed is set by a call without an answer until there is one: meanwhile one
	// call at a time finds out whether the cluster is back.
	failed, retired atomic.Bool
}

func newPlaces(most int, pool *clusters.Connection) *places {
	return &places{taken: make(chan struct{}, most), pool: pool}
}

// enter is false when there is no place. It does not wait for one. Who has a place
// holds no seat of the server any more.
func (p *places) enter(ctx context.Context) bool {
	if p.failed.Load() && len(p.taken) > 0 {
		return false
	}
	select {
	case p.taken <- struct{}{}:
		fairness.Leave(ctx)
		return true
	default:
		return false
	}
}

func (p *places) leave() {
	<-p.taken
	if p.retired.Load() {
		p.pool.CloseIdleConnections()
	}
}
