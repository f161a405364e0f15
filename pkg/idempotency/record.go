package idempotency

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// groupVersion of the stored records. Its version is not that of the API: no path
// serves it, and no client knows it.
var groupVersion = schema.GroupVersion{Group: v1alpha1.GroupName, Version: "idempotency"}

// record is what lies in etcd of a key. Its uid tells one claim from the next.
type record struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// Fingerprint is the hash of the request.
	Fingerprint string `json:"fingerprint"`
	// Answer is nil while the request is worked on.
	Answer *Answer `json:"answer,omitempty"`
}

// Answer is what is kept of how a request was answered.
type Answer struct {
	// Status is the HTTP status, from 200 to 299.
	Status int `json:"status"`
	// Body says whether there was a body.
	Body bool `json:"body,omitempty"`
	// UID of the object that was made or acted on; empty where there is none.
	UID types.UID `json:"uid,omitempty"`
}

// DeepCopyObject implements runtime.Object.
func (r *record) DeepCopyObject() runtime.Object {
	out := *r
	r.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	if r.Answer != nil {
		answer := *r.Answer
		out.Answer = &answer
	}
	return &out
}

// recordList is a list of records.
type recordList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []record `json:"items"`
}

// DeepCopyObject implements runtime.Object.
func (l *recordList) DeepCopyObject() runtime.Object {
	out := *l
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = make([]record, 0, len(l.Items))
	for i := range l.Items {
		out.Items = append(out.Items, *l.Items[i].DeepCopyObject().(*record))
	}
	return &out
}

// codec writes records as JSON.
func codec() runtime.Codec {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(groupVersion.WithKind("Record"), &record{})
	scheme.AddKnownTypeWithName(groupVersion.WithKind("RecordList"), &recordList{})
	internal := schema.GroupVersion{Group: groupVersion.Group, Version: runtime.APIVersionInternal}
	scheme.AddKnownTypeWithName(internal.WithKind("Record"), &record{})
	return serializer.NewCodecFactory(scheme).LegacyCodec(groupVersion)
}
