package fairness

import (
	"context"
	"sync"
)

type seatKey struct{}

// WithSeat returns a context through which a request gives its seat back before it
// ends. Giving it back once more does nothing.
func WithSeat(ctx context.Context, give func()) (_ context.Context, once func()) {
	once = sync.OnceFunc(give)
	return context.WithValue(ctx, seatKey{}, once), once
}

// Leave gives back the seat of the request that ctx is of, if it has one. Who waits for
// another server does so without: what is slow there must not keep this one from
// working. The rest of the request goes on without a seat as well.
func Leave(ctx context.Context) {
	if give, seated := ctx.Value(seatKey{}).(func()); seated {
		give()
	}
}
