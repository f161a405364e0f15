package apiserver

import (
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// counting counts how often what is stored is parsed for its kind.
type counting struct {
	json.MetaFactory
	parsed int
}

func (c *counting) Interpret(data []byte) (*schema.GroupVersionKind, error) {
	c.parsed++
	return c.MetaFactory.Interpret(data)
}

// TestStoredObjectsAreParsedOnce has the storage codec encode every kind, and asks for
// the kind of what came out.
func TestStoredObjectsAreParsedOnce(t *testing.T) {
	scheme, err := NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	codec := storageCodec(scheme, serializer.NewCodecFactory(scheme))
	for _, object := range v1alpha1.Kinds() {
		kind := reflect.TypeOf(object).Elem().Name()
		data, err := runtime.Encode(codec, object)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		otherwise := &counting{MetaFactory: json.DefaultMetaFactory}
		is, err := leadingKind{otherwise}.Interpret(data)
		if err != nil || *is != v1alpha1.SchemeGroupVersion.WithKind(kind) {
			t.Errorf("%s is said to be %v, %v", kind, is, err)
		}
		if otherwise.parsed > 0 {
			t.Errorf("%s is parsed for its kind: %.60s", kind, data)
		}
	}
}

// TestKindIsReadAsByAnyone holds what is read at the beginning against what is read of
// the whole.
func TestKindIsReadAsByAnyone(t *testing.T) {
	for _, data := range []string{
		`{"kind":"Tenant","apiVersion":"kubenova.io/v1alpha1","metadata":{}}`,
		`{"kind":"Tenant","apiVersion":"kubenova.io/v1alpha1"}`,
		`{"kind":"Tenant","apiVersion":"v1","metadata":{}}`,
		`{"kind":"Tenant","apiVersion":"","metadata":{}}`,
		`{"kind":"","apiVersion":"kubenova.io/v1alpha1","metadata":{}}`,
		`{"kind":"Ten\u0061nt","apiVersion":"kubenova.io/v1alpha1","metadata":{}}`,
		`{"kind":"Tenant","apiVersion":"kubenova.io\/v1alpha1","metadata":{}}`,
		`{"kind":"Tenant\"","apiVersion":"kubenova.io/v1alpha1","metadata":{}}`,
		`{"kind":"Tenant","apiVersion":"a/b/c","metadata":{}}`,
		`{"apiVersion":"kubenova.io/v1alpha1","kind":"Tenant","metadata":{}}`,
		`{ "kind": "Tenant", "apiVersion": "kubenova.io/v1alpha1" }`,
		`{"kind":"Tenant","metadata":{},"apiVersion":"kubenova.io/v1alpha1"}`,
		`{"kind":"Tenant`, `{"kind":"Tenant","apiVersion":"kub`, `{}`, ``, `null`, `[]`,
	} {
		want, wantErr := json.DefaultMetaFactory.Interpret([]byte(data))
		have, err := leadingKind{json.DefaultMetaFactory}.Interpret([]byte(data))
		if (err != nil) != (wantErr != nil) || !reflect.DeepEqual(have, want) {
			t.Errorf("%s is %v, %v, want %v, %v", data, have, err, want, wantErr)
		}
	}
}
