package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Life of a token, in seconds.
const (
	MinTokenTTLSeconds     = 60
	DefaultTokenTTLSeconds = 3600
	MaxTokenTTLSeconds     = 30 * 24 * 3600
)

// MaxTokenSubjectLength is the longest subject of a token, in bytes.
const MaxTokenSubjectLength = 253

// +genclient
// +genclient:nonNamespaced
// +genclient:onlyVerbs=create
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// Token asks for a KubeNova token, a signed JWT. It can only be created, and is
// not kept: its status is the answer.
type Token struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says whom the token is for.
	// +optional
	Spec TokenSpec `json:"spec,omitempty"`

	// status is the answer.
	// +optional
	Status TokenStatus `json:"status,omitempty"`
}

// TokenSpec says whom a token is for.
type TokenSpec struct {
	// subject is the name of the user that bears the token. Not empty, and not
	// system:anything. Who is no administrator gets tokens for itself alone.
	// +required
	// +k8s:required
	// +k8s:maxLength=253
	Subject string `json:"subject"`

	// roles that the token holds, of admin, ops, tenantOwner, projectDev, readOnly.
	// They cap what the bearer may do. Never more than the caller holds.
	// +required
	// +listType=atomic
	// +k8s:required
	// +k8s:listType=atomic
	// +k8s:maxItems=16
	Roles []string `json:"roles"`

	// ttlSeconds is how long the token is to be good for, from 60 to 2592000.
	// Defaults to 3600.
	// +optional
	// +k8s:optional
	TTLSeconds *int64 `json:"ttlSeconds,omitempty"`
}

// TokenStatus is an issued token.
type TokenStatus struct {
	// token is the JWT. A dry run has none.
	// +optional
	// +k8s:optional
	Token string `json:"token,omitempty"`

	// id is the token's jti, by which it is revoked. A dry run has none.
	// +optional
	// +k8s:optional
	ID string `json:"id,omitempty"`

	// expiresAt is when the token ends.
	// +optional
	// +k8s:optional
	// +k8s:opaqueType
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// +genclient
// +genclient:nonNamespaced
// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TokenRevocation ends KubeNova tokens before they expire, on every replica within
// seconds. It goes by itself once every token that it could meet has expired.
type TokenRevocation struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// metadata is the standard object metadata.
	// +optional
	// +k8s:opaqueType
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which tokens end. Immutable.
	// +optional
	Spec TokenRevocationSpec `json:"spec,omitempty"`
}

// TokenRevocationSpec says which tokens end: exactly one of tokenID, subject and all.
type TokenRevocationSpec struct {
	// tokenID is the jti of one token.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	TokenID string `json:"tokenID,omitempty"`

	// subject whose tokens end, if they were issued before this revocation was made.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=253
	Subject string `json:"subject,omitempty"`

	// all ends every token that was issued before this revocation was made, and
	// every key that signed them: for a signing key that leaked, and after etcd was
	// restored from a backup.
	// +optional
	// +k8s:optional
	All bool `json:"all,omitempty"`

	// reason is for people.
	// +optional
	// +k8s:optional
	// +k8s:maxLength=1024
	Reason string `json:"reason,omitempty"`
}

// +k8s:deepcopy-gen:interfaces=k8s.io/apimachinery/pkg/runtime.Object

// TokenRevocationList is a list of revocations.
type TokenRevocationList struct {
	// +k8s:opaqueType
	metav1.TypeMeta `json:",inline"`
	// +optional
	// +k8s:opaqueType
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []TokenRevocation `json:"items"`
}
