package membership

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// maxAge is how old what the index knows may be when it decides: a member who
	// was removed through another replica has lost access after that.
	maxAge = 4 * time.Second
	// maxWait bounds the wait for an index that is behind.
	maxWait = 3 * time.Second
)

// ErrBehind says that the index could not be brought up to date in time.
var ErrBehind = errors.New("owners and members are not known well enough at the moment")

// Behind is ErrBehind as an API tells it.
func Behind() *apierrors.StatusError { return ComeAgain(ErrBehind) }

// ComeAgain is what an API tells callers of what is not known for now.
func ComeAgain(reason error) *apierrors.StatusError {
	err := apierrors.NewServiceUnavailable(reason.Error())
	err.ErrStatus.Details = &metav1.StatusDetails{RetryAfterSeconds: 1}
	return err
}

// state is how far the feed of a kind has come.
type state struct {
	synced bool
	// version up to which everything is in the index.
	version uint64
	seen    time.Time
}

// advance notes that a feed has come to a version. The caller holds the lock.
func (x *Index) advance(k kind, version uint64) {
	x.feeds[k].synced = true
	x.feeds[k].version = max(x.feeds[k].version, version)
	x.feeds[k].seen = x.clock.Now()
	oldest := x.feeds[0].seen
	for _, feed := range x.feeds {
		if !feed.synced {
			return
		}
		if feed.seen.Before(oldest) {
			oldest = feed.seen
		}
	}
	x.liveUntil.Store(oldest.Add(maxAge).UnixNano())
	close(x.advanced)
	x.advanced = make(chan struct{})
}

// version returns the version up to which the index knows everything.
func (x *Index) version() (uint64, <-chan struct{}) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	version := x.feeds[0].version
	for _, feed := range x.feeds {
		if !feed.synced {
			return 0, x.advanced
		}
		version = min(version, feed.version)
	}
	return version, x.advanced
}

// Live says whether the index is no more than a few seconds behind the store.
func (x *Index) Live() bool { return x.clock.Now().UnixNano() < x.liveUntil.Load() }

// Check says why the index cannot be used yet, for a readiness check.
func (x *Index) Check(*http.Request) error {
	if !x.Synced() {
		return errors.New("owners and members have not been read yet")
	}
	return nil
}

// Synced says whether the index has been filled.
func (x *Index) Synced() bool { return x.liveUntil.Load() > 0 }

// WaitLive waits until the index is no more than a few seconds behind the store.
// It returns at once as long as the store can be watched, and an error that wraps
// ErrBehind when it cannot.
func (x *Index) WaitLive(ctx context.Context) error {
	if x.Live() {
		return nil
	}
	return x.wait(ctx, func(uint64) bool { return x.Live() })
}

// WaitFor waits until the index knows of everything up to a version.
func (x *Index) WaitFor(ctx context.Context, version uint64) error {
	return x.wait(ctx, func(known uint64) bool { return known >= version })
}

func (x *Index) wait(ctx context.Context, enough func(uint64) bool) error {
	var expired <-chan time.Time
	for {
		version, advanced := x.version()
		if enough(version) {
			return nil
		}
		if expired == nil {
			timer := time.NewTimer(maxWait)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case x.asked <- struct{}{}:
		default: // someone else has asked
		}
		select {
		case <-advanced:
		case <-expired:
			return fmt.Errorf("%w: they are known up to version %d", ErrBehind, version)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
