package apiserver

import (
	"bytes"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// storageCodec encodes and decodes what lies in etcd, which is JSON. An object is
// parsed once: whoever wrote it began with what it is.
func storageCodec(scheme *runtime.Scheme, codecs serializer.CodecFactory) runtime.Codec {
	stored := json.NewSerializerWithOptions(leadingKind{json.DefaultMetaFactory}, scheme, scheme, json.SerializerOptions{})
	return codecs.CodecForVersions(stored, stored, v1alpha1.SchemeGroupVersion, runtime.InternalGroupVersioner)
}

// leadingKind reads kind and version where the encoder of typed objects puts them, at
// the very beginning, and leaves what begins otherwise to another factory.
type leadingKind struct{ otherwise json.MetaFactory }

var _ json.MetaFactory = leadingKind{}

// Interpret implements json.MetaFactory.
func (m leadingKind) Interpret(data []byte) (*schema.GroupVersionKind, error) {
	kind, rest, found := plainString(data, `{"kind":"`)
	if !found {
		return m.otherwise.Interpret(data)
	}
	version, rest, found := plainString(rest, `,"apiVersion":"`)
	if !found || !bytes.HasPrefix(rest, []byte(",")) && !bytes.Equal(rest, []byte("}")) && !bytes.Equal(rest, []byte("}\n")) {
		return m.otherwise.Interpret(data)
	}
	parsed, err := schema.ParseGroupVersion(version)
	if err != nil {
		return m.otherwise.Interpret(data)
	}
	is := parsed.WithKind(kind)
	return &is, nil
}

// plainString cuts a string without any escapes off what begins with a prefix that
// ends in its quotation mark.
func plainString(data []byte, prefix string) (value string, rest []byte, found bool) {
	rest, found = bytes.CutPrefix(data, []byte(prefix))
	if !found {
		return "", nil, false
	}
	end := bytes.IndexAny(rest, `"\`)
	if end <= 0 || rest[end] != '"' {
		return "", nil, false
	}
	return string(rest[:end]), rest[end+1:], true
}
