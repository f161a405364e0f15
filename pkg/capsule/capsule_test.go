package capsule_test

import (
	"bytes"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
	"github.com/kubenova/kubenova/pkg/capsule"
)

func tenant(labels map[string]string, owners ...v1alpha1.Subject) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Labels: labels},
		Spec:       v1alpha1.TenantSpec{Owners: owners},
	}
}

// golden compares the whole object, so that no field is set by accident.
func golden(t *testing.T, got *unstructured.Unstructured, want string) {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if string(data) != compact.String() {
		t.Errorf("got:\n%s\nwant:\n%s", data, compact.String())
	}
}

// strict decodes into the owner's own type and refuses fields that it lacks.
func strict(t *testing.T, got *unstructured.Unstructured, into any) {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("does not fit its type: %v", err)
	}
}

func TestOwnersFor(t *testing.T) {
	owners := capsule.OwnersFor(tenant(nil,
		v1alpha1.Subject{Name: "ops"},
		v1alpha1.Subject{Kind: v1alpha1.SubjectGroup, Name: "ops"}))
	if len(owners) != 2 || owners[0].GetName() == owners[1].GetName() {
		t.Fatalf("want two owners of different names, got %v", owners)
	}
	golden(t, owners[1], `{"apiVersion":"capsule.clastix.io/v1beta2","kind":"TenantOwner",
		"metadata":{"labels":{"kubenova.tenant":"acme"},"name":"kubenova-acme-d52930ca89d249db"},
		"spec":{"aggregate":true,"clusterRoles":["kubenova:tenant-owner"],"kind":"Group","name":"ops"}}`)
	for _, o := range owners {
		if problems := validation.IsDNS1123Subdomain(o.GetName()); len(problems) > 0 {
			t.Errorf("%s: %v", o.GetName(), problems)
		}
	}
}

func TestNamespaceFor(t *testing.T) {
	project := &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	got := capsule.NamespaceFor("acme", project)
	golden(t, got, `{"apiVersion":"v1","kind":"Namespace","metadata":{"labels":{
		"capsule.clastix.io/tenant":"acme","kubenova.project":"web","kubenova.tenant":"acme",
		"pod-security.kubernetes.io/enforce":"baseline"},"name":"acme--web"}}`)
	strict(t, got, &corev1.Namespace{})

	// What Kubernetes, Capsule, KubeVela or KubeNova read is not the project's to set.
	project.Labels = map[string]string{
		"tier": "gold", "example.com/x": "y", "kubenova.tenant": "evil", "kubenova.io/role": "evil",
		"pod-security.kubernetes.io/enforce": "privileged", "capsule.clastix.io/tenant": "evil", "projectcapsule.dev/tenant": "evil",
	}
	project.Annotations = map[string]string{
		"note": "hello", "kubenova.io/applied": "evil", "scheduler.alpha.kubernetes.io/node-selector": "evil", "app.oam.dev/username": "evil",
	}
	golden(t, capsule.NamespaceFor("acme", project), `{"apiVersion":"v1","kind":"Namespace","metadata":{
		"annotations":{"note":"hello"},"labels":{
		"capsule.clastix.io/tenant":"acme","example.com/x":"y","kubenova.project":"web","kubenova.tenant":"acme",
		"pod-security.kubernetes.io/enforce":"baseline","tier":"gold"},"name":"acme--web"}}`)
}

func TestOwnedBy(t *testing.T) {
	for name, tc := range map[string]struct {
		ref  metav1.OwnerReference
		want bool
	}{
		"the tenant":      {metav1.OwnerReference{APIVersion: "capsule.clastix.io/v1beta2", Kind: "Tenant", Name: "acme"}, true},
		"another version": {metav1.OwnerReference{APIVersion: "capsule.clastix.io/v1", Kind: "Tenant", Name: "acme"}, true},
		"another tenant":  {metav1.OwnerReference{APIVersion: "capsule.clastix.io/v1beta2", Kind: "Tenant", Name: "acm"}, false},
		"another group":   {metav1.OwnerReference{APIVersion: "kubenova.io/v1alpha1", Kind: "Tenant", Name: "acme"}, false},
		"another kind":    {metav1.OwnerReference{APIVersion: "capsule.clastix.io/v1beta2", Kind: "TenantOwner", Name: "acme"}, false},
	} {
		namespace := capsule.NamespaceFor("acme", &v1alpha1.Project{ObjectMeta: metav1.ObjectMeta{Name: "web"}})
		namespace.SetOwnerReferences([]metav1.OwnerReference{tc.ref})
		if got := capsule.OwnedBy(namespace, "acme"); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestStatusOf(t *testing.T) {
	for name, tc := range map[string]struct {
		status string
		want   capsule.TenantStatus
	}{
		"none":  {`{}`, capsule.TenantStatus{}},
		"ready": {`{"size":2,"state":"Active","observedGeneration":3,"conditions":[{"type":"Ready","status":"True","reason":"Succeeded","message":"ok"}]}`, capsule.TenantStatus{Ready: true, Reason: "Succeeded", Message: "ok", Namespaces: 2}},
		"stale": {`{"size":2,"observedGeneration":2,"conditions":[{"type":"Ready","status":"True","reason":"Succeeded"}]}`, capsule.TenantStatus{Reason: "Succeeded", Namespaces: 2}},
		"false": {`{"state":"Cordoned","observedGeneration":3,"conditions":[{"type":"Ready","status":"False","reason":"Failed"}]}`, capsule.TenantStatus{Reason: "Failed", Cordoned: true}},
	} {
		in := &unstructured.Unstructured{}
		if err := in.UnmarshalJSON([]byte(`{"apiVersion":"a/b","kind":"T","metadata":{"generation":3},"status":` + tc.status + `}`)); err != nil {
			t.Fatal(err)
		}
		if got := capsule.StatusOf(in); got != tc.want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
