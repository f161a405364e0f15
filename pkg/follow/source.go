package follow

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
)

// Source is where one kind of object is read from.
type Source interface {
	// List returns all objects.
	List(ctx context.Context) (runtime.Object, error)
	// Watch streams what changes after a version, and a bookmark after each AskProgress.
	Watch(ctx context.Context, version string) (watch.Interface, error)
	// AskProgress has every watch tell how far it has come.
	AskProgress(ctx context.Context) error
}

// Store is the Source of one resource in etcd itself, since nothing that stands
// between may be older than what callers are shown.
type Store struct {
	storage storage.Interface
	key     string
	newList func() runtime.Object
	// Close gives up the connection to etcd, if the store opened it.
	Close func()
}

var _ Source = &Store{}

// NewStore opens the source of a resource of the API.
func NewStore(optsGetter generic.RESTOptionsGetter, resource schema.GroupResource, newFunc, newList func() runtime.Object) (*Store, error) {
	return newStore(optsGetter, resource, newFunc, newList, whole)
}

// NewPartStore opens the source of a part of each object of a resource.
func NewPartStore(optsGetter generic.RESTOptionsGetter, resource schema.GroupResource, part Part, newFunc, newList func() runtime.Object) (*Store, error) {
	return newStore(optsGetter, resource, newFunc, newList, func(codec runtime.Codec) runtime.Codec { return partCodec{codec, part} })
}

func whole(codec runtime.Codec) runtime.Codec { return codec }

func newStore(optsGetter generic.RESTOptionsGetter, resource schema.GroupResource, newFunc, newList func() runtime.Object, decoding func(runtime.Codec) runtime.Codec) (*Store, error) {
	opts, err := optsGetter.GetRESTOptions(resource, newFunc())
	if err != nil {
		return nil, fmt.Errorf("looking up how %s are stored: %w", resource, err)
	}
	prefix := "/" + opts.ResourcePrefix
	config := *opts.StorageConfig
	config.Codec = decoding(config.Codec)
	raw, destroy, err := generic.NewRawStorage(&config, newFunc, newList, prefix)
	if err != nil {
		return nil, fmt.Errorf("opening the store of %s: %w", resource, err)
	}
	return &Store{storage: raw, key: prefix, newList: newList, Close: destroy}, nil
}

// Of returns the source of what lies below a key of a storage, which stays its caller's.
func Of(s storage.Interface, key string, newList func() runtime.Object) *Store {
	return &Store{storage: s, key: key, newList: newList, Close: func() {}}
}

// List implements Source.
func (s *Store) List(ctx context.Context) (runtime.Object, error) {
	list := s.newList()
	opts := storage.ListOptions{Predicate: storage.Everything, Recursive: true}
	return list, s.storage.GetList(ctx, s.key, opts, list)
}

// Watch implements Source.
func (s *Store) Watch(ctx context.Context, version string) (watch.Interface, error) {
	opts := storage.ListOptions{ResourceVersion: version, Predicate: storage.Everything, Recursive: true, ProgressNotify: true}
	return s.storage.Watch(ctx, s.key, opts)
}

// AskProgress implements Source.
func (s *Store) AskProgress(ctx context.Context) error { return s.storage.RequestWatchProgress(ctx) }
