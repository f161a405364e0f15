// Package records stores in etcd, as JSON and encrypted like the objects of the API,
// what no path serves.
package records

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// Record is a pointer to a T that can be stored.
type Record[T any] interface {
	*T
	runtime.Object
}

// List is a list of records.
type List[T any, P Record[T]] struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []T `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *List[T, P]) DeepCopyObject() runtime.Object {
	out := *l
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]T, 0, len(l.Items))
	for i := range l.Items {
		out.Items = append(out.Items, *P(&l.Items[i]).DeepCopyObject().(P))
	}
	return &out
}

// Kind is a kind of record.
type Kind[T any, P Record[T]] struct {
	// Resource is the resource whose encryption protects the records.
	Resource string
	// Version and Name are how they are told in etcd. No client knows them, and the
	// version is not that of the API.
	Version, Name string
}

// New returns an empty record.
func (Kind[T, P]) New() runtime.Object { return P(new(T)) }

// NewList returns an empty list.
func (Kind[T, P]) NewList() runtime.Object { return &List[T, P]{} }

// Storage is where the records of a kind lie.
type Storage struct {
	storage.Interface
	// Prefix begins their keys. It ends with a slash.
	Prefix string
	// Close gives up the connection to etcd.
	Close func()
}

// Open returns the storage of the records.
func (k Kind[T, P]) Open(optsGetter generic.RESTOptionsGetter) (Storage, error) {
	options, err := optsGetter.GetRESTOptions(v1alpha1.Resource(k.Resource), nil)
	if err != nil {
		return Storage{}, fmt.Errorf("finding the storage of %s: %w", k.Resource, err)
	}
	config := *options.StorageConfig
	config.Codec = k.codec()
	prefix := "/" + options.ResourcePrefix + "/"
	made, destroy, err := factory.Create(config, k.New, k.NewList, prefix)
	if err != nil {
		return Storage{}, fmt.Errorf("building the storage of %s: %w", k.Resource, err)
	}
	return Storage{made, prefix, destroy}, nil
}

func (k Kind[T, P]) codec() runtime.Codec {
	stored := schema.GroupVersion{Group: v1alpha1.GroupName, Version: k.Version}
	internal := schema.GroupVersion{Group: v1alpha1.GroupName, Version: runtime.APIVersionInternal}
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(stored.WithKind(k.Name), k.New())
	scheme.AddKnownTypeWithName(stored.WithKind(k.Name+"List"), k.NewList())
	scheme.AddKnownTypeWithName(internal.WithKind(k.Name), k.New())
	return serializer.NewCodecFactory(scheme).LegacyCodec(stored)
}
