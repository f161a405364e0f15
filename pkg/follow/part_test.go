package follow

import (
	"encoding/json"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// wholes counts how often whole objects are decoded.
type wholes struct {
	runtime.Codec
	decoded int
}

func (w *wholes) Decode([]byte, *schema.GroupVersionKind, runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	w.decoded++
	kind := v1alpha1.SchemeGroupVersion.WithKind("Tenant")
	return &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Name: "whole"}}, &kind, nil
}

func ownersPart() Part {
	type spec struct {
		Owners []v1alpha1.Subject `json:"owners"`
	}
	return PartOf(v1alpha1.SchemeGroupVersion, func(t *v1alpha1.Tenant, s spec) { t.Spec.Owners = s.Owners })
}

func TestPartIsReadAlone(t *testing.T) {
	stored, err := json.Marshal(&v1alpha1.Tenant{
		TypeMeta: metav1.TypeMeta{Kind: "Tenant", APIVersion: v1alpha1.SchemeGroupVersion.String()},
		ObjectMeta: metav1.ObjectMeta{Name: "red", Namespace: "n", ManagedFields: []metav1.ManagedFieldsEntry{{
			Manager: "m", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{}}`),
		}}},
		Spec: v1alpha1.TenantSpec{Plan: "gold", Owners: []v1alpha1.Subject{{Kind: v1alpha1.SubjectGroup, Name: "devs"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rest := &wholes{}
	object, kind, err := partCodec{rest, ownersPart()}.Decode(stored, nil, nil)
	if err != nil || *kind != v1alpha1.SchemeGroupVersion.WithKind("Tenant") || rest.decoded > 0 {
		t.Fatalf("got %v, %v, and %d whole objects", kind, err, rest.decoded)
	}
	tenant, ok := object.(*v1alpha1.Tenant)
	if !ok || tenant.Name != "red" || tenant.Namespace != "n" || len(tenant.Spec.Owners) != 1 || tenant.Spec.Owners[0].Name != "devs" {
		t.Errorf("the part is %+v", object)
	}
	if ok && (len(tenant.ManagedFields) > 0 || tenant.Spec.Plan != "") {
		t.Errorf("more than the part was read: %+v", tenant)
	}
}

// TestOtherVersionsAreReadAsAWhole decodes what was stored in a version that the part
// is not one of, or as another kind.
func TestOtherVersionsAreReadAsAWhole(t *testing.T) {
	for _, stored := range []string{
		`{"kind":"Tenant","apiVersion":"kubenova.io/v1beta1","metadata":{"name":"red"}}`,
		`{"kind":"Renter","apiVersion":"kubenova.io/v1alpha1","metadata":{"name":"red"}}`,
	} {
		rest := &wholes{}
		object, _, err := partCodec{rest, ownersPart()}.Decode([]byte(stored), nil, nil)
		if err != nil || rest.decoded != 1 || object.(*v1alpha1.Tenant).Name != "whole" {
			t.Errorf("%s is read as %v, %v", stored, object, err)
		}
	}
}

func TestBrokenObjectsAreNoPart(t *testing.T) {
	for _, stored := range []string{``, `{`, `{"kind":"Tenant","apiVersion":"kubenova.io/v1alpha1","spec":{"owners":"x"}}`} {
		if _, _, err := (partCodec{&wholes{}, ownersPart()}).Decode([]byte(stored), nil, nil); err == nil || !strings.Contains(err.Error(), "Tenant") {
			t.Errorf("%q: %v", stored, err)
		}
	}
}
