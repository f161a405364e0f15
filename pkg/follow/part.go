package follow

import (
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
)

// Part reads of a stored object what a sink looks at. The rest, such as the fields that
// managers have, is most of it.
type Part struct {
	kind schema.GroupVersionKind
	read func(stored []byte) (runtime.Object, schema.GroupVersionKind, error)
}

// stored is an object as it lies in etcd: its names, and S of its spec.
type stored[S any] struct {
	metav1.TypeMeta `json:",inline"`

	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec S `json:"spec"`
}

// PartOf reads the names of objects of a version, and S of their spec, which set puts
// into them.
func PartOf[S any, T any, O interface {
	*T
	Object
}](version schema.GroupVersion, set func(O, S),
) Part {
	kind := version.WithKind(reflect.TypeFor[T]().Name())
	return Part{kind: kind, read: func(data []byte) (runtime.Object, schema.GroupVersionKind, error) {
		var read stored[S]
		if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &read); err != nil {
			return nil, schema.GroupVersionKind{}, fmt.Errorf("reading a stored %s: %w", kind.Kind, err)
		}
		object := O(new(T))
		object.SetName(read.Metadata.Name)
		object.SetNamespace(read.Metadata.Namespace)
		set(object, read.Spec)
		return object, read.GroupVersionKind(), nil
	}}
}

// partCodec decodes a part of objects, and the whole of those that were stored in
// another version than the part is one of.
type partCodec struct {
	runtime.Codec

	part Part
}

// Decode implements runtime.Decoder.
func (c partCodec) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	object, kind, err := c.part.read(data)
	if err != nil {
		return nil, nil, err
	}
	if kind != c.part.kind {
		return c.Codec.Decode(data, defaults, into)
	}
	return object, &kind, nil
}
