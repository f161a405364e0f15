// Package idempotency remembers which requests with an Idempotency-Key were
// answered, in etcd, so that every replica knows of them, also after a restart.
//
// A key is claimed before the work of its request begins. The claim expires soon
// unless the request ends with an answer, which is then kept for a day; one that
// fails gives its key back. What is kept are hashes of who asked for what, the
// status and a uid: no body, no token and no kubeconfig.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
)

const (
	// Resource is the resource whose encryption protects the records. No path serves it.
	Resource = "idempotencykeys"
	// MaxPerCaller is how many keys a caller can have at a time.
	MaxPerCaller = 1000
	// Lifetime is how long the answer to a request is kept.
	Lifetime = 24 * time.Hour
)

// Why a key cannot be claimed.
var (
	// ErrInFlight says that another request with the key is being worked on.
	ErrInFlight = errors.New("a request with this key is being worked on")
	// ErrOtherRequest says that the key belongs to a request with another body or query.
	ErrOtherRequest = errors.New("the key belongs to another request")
	// ErrTooMany says that the caller has MaxPerCaller keys.
	ErrTooMany = errors.New("the caller has too many keys")
)

// Store keeps the records.
type Store struct {
	// claims and records are the same keys in etcd. A storage reuses its last lease
	// for what expires at the same time, so that each of the two lifetimes has a
	// storage of its own.
	claims, records storage.Interface
	prefix          string
	claimSeconds    uint64
	close           []func()
}

// New returns the store of records. claimLifetime is how long a key is blocked by
// a request that never ended: longer than any request takes.
func New(optsGetter generic.RESTOptionsGetter, claimLifetime time.Duration) (*Store, error) {
	s := &Store{claimSeconds: uint64(claimLifetime / time.Second)}
	for _, part := range []*storage.Interface{&s.claims, &s.records} {
		made, err := kind().Open(optsGetter)
		if err != nil {
			s.Close()
			return nil, err
		}
		*part, s.prefix, s.close = made, made.Prefix, append(s.close, made.Close)
	}
	return s, nil
}

// Close closes the connections to etcd.
func (s *Store) Close() {
	for _, closePart := range s.close {
		closePart()
	}
}

// Claim is a key that is held for a request, or that was answered before.
type Claim struct {
	// Answered is how an equal request was answered; nil if this is the first, which
	// then has to be finished or released.
	Answered *Answer

	path string
	uid  types.UID
}

// Claim holds the key of a request, or returns how it was answered before. It
// fails with ErrInFlight, ErrOtherRequest or ErrTooMany, and when etcd is away.
func (s *Store) Claim(ctx context.Context, request Request) (Claim, error) {
	path := s.prefix + request.callerHash() + "/" + request.keyHash()
	wanted := record{
		ObjectMeta:  metav1.ObjectMeta{UID: types.UID(uuid.NewString())},
		Fingerprint: request.fingerprint(),
	}
	claim := Claim{path: path, uid: wanted.UID}
	err := s.claims.Create(ctx, path, wanted.DeepCopyObject(), nil, s.claimSeconds)
	if err == nil {
		return claim, s.checkCount(ctx, claim, request)
	}
	if !storage.IsExist(err) {
		return Claim{}, fmt.Errorf("claiming an idempotency key: %w", err)
	}
	var stored record
	err = s.records.Get(ctx, path, storage.GetOptions{}, &stored)
	switch {
	case storage.IsNotFound(err): // given back or expired since; the next request gets it
		return Claim{}, ErrInFlight
	case err != nil:
		return Claim{}, fmt.Errorf("reading an idempotency key: %w", err)
	case stored.Fingerprint != wanted.Fingerprint:
		return Claim{}, ErrOtherRequest
	case stored.Answer == nil:
		return Claim{}, ErrInFlight
	}
	return Claim{Answered: stored.Answer}, nil
}

// checkCount gives a claim back that is one too many. It counts after the claim,
// so that claims at the same time never exceed the limit together. The list reads
// one record; etcd counts the rest of its prefix.
func (s *Store) checkCount(ctx context.Context, claim Claim, request Request) error {
	options := storage.ListOptions{Recursive: true, Predicate: storage.Everything}
	options.Predicate.Limit = 1
	var first recordList
	err := s.records.GetList(ctx, s.prefix+request.callerHash()+"/", options, &first)
	count := int64(len(first.Items))
	if first.RemainingItemCount != nil {
		count += *first.RemainingItemCount
	}
	switch {
	case err != nil:
		err = fmt.Errorf("counting the idempotency keys of a caller: %w", err)
	case count > MaxPerCaller:
		err = ErrTooMany
	default:
		return nil
	}
	return errors.Join(err, s.Release(ctx, claim))
}

// Finish keeps the answer to the request of a claim.
func (s *Store) Finish(ctx context.Context, claim Claim, answer Answer) error {
	lifetime := uint64(Lifetime / time.Second)
	finish := func(current runtime.Object, _ storage.ResponseMeta) (runtime.Object, *uint64, error) {
		finished := current.DeepCopyObject().(*record)
		finished.Answer = &answer
		return finished, &lifetime, nil
	}
	err := s.records.GuaranteedUpdate(ctx, claim.path, &record{}, false, &storage.Preconditions{UID: &claim.uid}, finish, nil)
	if err != nil {
		return fmt.Errorf("keeping the answer to an idempotency key: %w", err)
	}
	return nil
}

// Release gives the key of a claim back. A claim that has expired since is none.
func (s *Store) Release(ctx context.Context, claim Claim) error {
	err := s.records.Delete(ctx, claim.path, &record{}, &storage.Preconditions{UID: &claim.uid},
		storage.ValidateAllObjectFunc, nil, storage.DeleteOptions{})
	if err != nil && !storage.IsNotFound(err) && !storage.IsInvalidObj(err) {
		return fmt.Errorf("giving an idempotency key back: %w", err)
	}
	return nil
}
