package idempotency

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubenova/kubenova/pkg/records"
)

// kind is the kind of the stored records.
func kind() records.Kind[record, *record] {
	return records.Kind[record, *record]{Resource: Resource, Version: "idempotency", Name: "Record"}
}

// recordList is a list of records.
type recordList = records.List[record, *record]

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
