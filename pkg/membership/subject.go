// Package membership knows who owns which tenant and who is a member of which
// project, without asking etcd: an index over the tenants and projects of the
// store, kept by watches of them.
//
// What flows through: feed.go lists and watches one kind and tells index.go of
// every change; members.go reads owners and members off the objects; view.go is
// what one user could see at a moment; subscription.go tells when that changes;
// progress.go knows how far the index has come and waits for it to come further.
package membership

import (
	"strings"

	"github.com/kubenova/kubenova/pkg/apis/kubenova/v1alpha1"
)

// subject is who an entry of the index is about: a user, service accounts
// included, or a group.
type subject struct {
	group bool
	name  string
}

const (
	systemPrefix         = "system:"
	serviceAccountPrefix = "system:serviceaccount:"
	// rolePrefix begins the groups that stand for the roles of a token.
	rolePrefix = "kubenova:"
)

// subjectOf returns the subject that an owner or member names. It is not ok for
// the identities of Kubernetes and of KubeNova itself, which validation keeps out
// of objects: what came into the store another way grants nothing.
func subjectOf(kind v1alpha1.SubjectKind, name string) (subject, bool) {
	switch kind {
	case v1alpha1.SubjectServiceAccount:
		return subject{name: name}, strings.HasPrefix(name, serviceAccountPrefix)
	case v1alpha1.SubjectGroup:
		return subject{group: true, name: name}, name != "" && !strings.HasPrefix(name, systemPrefix) && !strings.HasPrefix(name, rolePrefix)
	case v1alpha1.SubjectUser, "":
		return subject{name: name}, name != "" && !strings.HasPrefix(name, systemPrefix)
	}
	return subject{}, false
}
