package idempotency_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubenova/kubenova/pkg/idempotency"
	"github.com/kubenova/kubenova/pkg/testserver"
)

func request(caller, key string) idempotency.Request {
	return idempotency.Request{CallerName: caller, Method: http.MethodPost, Path: "/x", Key: key, Body: []byte("{}")}
}

// must claims a key that is free.
func must(t *testing.T, store *idempotency.Store, request idempotency.Request) idempotency.Claim {
	t.Helper()
	claim, err := store.Claim(t.Context(), request)
	if err != nil || claim.Answered != nil {
		t.Fatalf("claiming %s of %s: %+v, %v", request.Key, request.CallerName, claim.Answered, err)
	}
	return claim
}

// TestCrashGivesKeyBack leaves a claim alone, as a crash does.
func TestCrashGivesKeyBack(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	crashed, other := server.IdempotencyKeys(t, 2*time.Second), server.IdempotencyKeys(t, time.Minute)
	left := must(t, crashed, request("alice", "k"))
	if _, err := other.Claim(t.Context(), request("alice", "k")); !errors.Is(err, idempotency.ErrInFlight) {
		t.Fatalf("while it is held: %v", err)
	}
	wrong := request("alice", "k")
	wrong.Query = "x=1"
	if _, err := other.Claim(t.Context(), wrong); !errors.Is(err, idempotency.ErrOtherRequest) {
		t.Fatalf("with another query while it is held: %v", err)
	}
	var claim idempotency.Claim
	err := idempotency.ErrInFlight
	for end := time.Now().Add(30 * time.Second); errors.Is(err, idempotency.ErrInFlight) && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		claim, err = other.Claim(t.Context(), request("alice", "k"))
	}
	if err != nil || claim.Answered != nil {
		t.Fatalf("after it expired: %+v, %v", claim.Answered, err)
	}
	// The first one is late: the key is not its own any more.
	if err := crashed.Finish(t.Context(), left, idempotency.Answer{Status: 200}); err == nil {
		t.Error("an expired claim was finished")
	}
	if err := crashed.Release(t.Context(), left); err != nil {
		t.Errorf("giving an expired claim back: %v", err)
	}
	answer := idempotency.Answer{Status: 202, UID: "u"}
	if err := other.Finish(t.Context(), claim, answer); err != nil {
		t.Fatal(err)
	}
	if again, err := other.Claim(t.Context(), request("alice", "k")); err != nil || again.Answered == nil || *again.Answered != answer {
		t.Errorf("after the answer: %+v, %v", again.Answered, err)
	}
	if ttl := lifetimes(t, server.Etcd); len(ttl) != 1 || ttl[0] < idempotency.Lifetime-time.Minute || ttl[0] > idempotency.Lifetime+2*time.Minute {
		t.Errorf("the answer is kept for %v", ttl)
	}
}

// lifetimes returns for how long each record is still kept.
func lifetimes(t *testing.T, etcd string) []time.Duration {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{etcd}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	records, err := client.Get(t.Context(), testserver.KeysPrefix, clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Duration
	for _, kv := range records.Kvs {
		lease, err := client.TimeToLive(t.Context(), clientv3.LeaseID(kv.Lease))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, time.Duration(lease.TTL)*time.Second)
	}
	return out
}

// TestKeysOfACallerAreBounded claims more keys than a caller can have, from two
// stores at once.
func TestKeysOfACallerAreBounded(t *testing.T) {
	t.Parallel()
	server := testserver.Start(t)
	stores := []*idempotency.Store{server.IdempotencyKeys(t, time.Minute), server.IdempotencyKeys(t, time.Minute)}
	var wg sync.WaitGroup
	var had, refused atomic.Int32
	for worker := range 8 {
		wg.Go(func() {
			for i := range (idempotency.MaxPerCaller + 40) / 8 {
				store := stores[worker%2]
				claim, err := store.Claim(t.Context(), request("alice", fmt.Sprint(worker, "-", i)))
				if errors.Is(err, idempotency.ErrTooMany) {
					refused.Add(1)
					continue
				}
				if err == nil {
					err = store.Finish(t.Context(), claim, idempotency.Answer{Status: 200})
				}
				if err != nil {
					t.Error(err)
				}
				had.Add(1)
			}
		})
	}
	wg.Wait()
	if had.Load() > idempotency.MaxPerCaller || refused.Load() < 40 {
		t.Fatalf("%d keys were had and %d refused", had.Load(), refused.Load())
	}
	// What was refused left nothing behind: one after the other, all can be had.
	for i := had.Load(); i < idempotency.MaxPerCaller; i++ {
		must(t, stores[0], request("alice", fmt.Sprint("late-", i)))
	}
	if _, err := stores[1].Claim(t.Context(), request("alice", "1001")); !errors.Is(err, idempotency.ErrTooMany) {
		t.Errorf("one key too many: %v", err)
	}
	if again, err := stores[1].Claim(t.Context(), request("alice", "0-0")); err != nil || again.Answered == nil {
		t.Errorf("a known key at the limit: %+v, %v", again.Answered, err)
	}
	claim := must(t, stores[1], request("bob", "1001"))
	if err := stores[0].Release(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	must(t, stores[0], request("bob", "1001"))
}

// TestNoTwoRequestsAreOne compares requests whose parts, put together, are equal.
func TestNoTwoRequestsAreOne(t *testing.T) {
	t.Parallel()
	store := testserver.Start(t).IdempotencyKeys(t, time.Minute)
	for _, r := range []idempotency.Request{
		{CallerName: "ab", CallerUID: "c", Method: "m", Path: "p", Key: "k"},
		{CallerName: "a", CallerUID: "bc", Method: "m", Path: "p", Key: "k"},
		{CallerName: "ab", CallerUID: "c", Method: "mp", Path: "", Key: "k"},
		{CallerName: "ab", CallerUID: "c", Method: "m", Path: "pk", Key: ""},
	} {
		must(t, store, r)
	}
}
