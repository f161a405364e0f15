package signingkeys

import (
	"crypto/ecdsa"
	"crypto/x509"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubenova/kubenova/pkg/authn"
	"github.com/kubenova/kubenova/pkg/records"
)

// kind is the kind of the stored keys.
func kind() records.Kind[record, *record] {
	return records.Kind[record, *record]{Resource: Resource, Version: "signingkeys", Name: "SigningKey"}
}

// record is what lies in etcd of a key.
type record struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// Number counts the keys from 1; the name of the record is made of it.
	Number uint64 `json:"number"`
	// PrivateKey is an EC key in PKCS #8.
	PrivateKey []byte `json:"privateKey"`
	// Created is when the key was made.
	Created metav1.MicroTime `json:"created"`
	// SignsFrom is when it begins to sign.
	SignsFrom metav1.MicroTime `json:"signsFrom"`
}

// DeepCopyObject implements runtime.Object.
func (r *record) DeepCopyObject() runtime.Object {
	out := *r
	r.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.PrivateKey = append([]byte(nil), r.PrivateKey...)
	return &out
}

// generate makes the record of a new key.
func generate(number uint64, now, signsFrom time.Time) (*record, error) {
	key, err := authn.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("generating a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a signing key: %w", err)
	}
	return &record{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%020d", number)},
		Number:     number, PrivateKey: der,
		Created: metav1.NewMicroTime(now), SignsFrom: metav1.NewMicroTime(signsFrom),
	}, nil
}

// key reads the key of a record.
func (r *record) key() (*authn.Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(r.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("parsing the signing key %s: %w", r.Name, err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the signing key %s is a %T", r.Name, parsed)
	}
	return authn.NewKey(private)
}
