package app

import "sync"

// tenantPlaces bounds what each tenant has under way.
type tenantPlaces struct {
	most int

	mu    sync.Mutex
	taken map[string]int
}

func newTenantPlaces(most int) *tenantPlaces {
	return &tenantPlaces{most: most, taken: map[string]int{}}
}

// take takes a place, if one is free; release, which can be called again, gives
// it back.
func (p *tenantPlaces) take(tenant string) (release func(), free bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[tenant] >= p.most {
		return nil, false
	}
	p.taken[tenant]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.taken[tenant]--; p.taken[tenant] == 0 {
			delete(p.taken, tenant)
		}
	}), true
}
